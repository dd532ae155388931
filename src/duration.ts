/** Durations as people write them. */

const secondsOf = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** Seconds of a duration such as `30s`, `15m`, `1h` or `90d`; undefined where the text is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  if (match === null) return undefined
  return Number(match[1]) * secondsOf[match[2] as keyof typeof secondsOf]
}
