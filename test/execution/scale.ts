/** How much is tried: a little among the other tests, as much as the command says where it is `npm run test:differential`. */

/** The command's settings; those of the other tests where it has none. */
const cases = numberOf('DIFFERENTIAL_CASES')

export const scale = Object.freeze({
  /** Generated documents that are compared. */
  cases: cases ?? 300,
  /** Those that are compared with graphql-js 17. */
  casesOf17: cases ?? 60,
  /** What they are drawn by: the same seed gives the same documents. */
  seed: numberOf('DIFFERENTIAL_SEED') ?? 20_261_128,
  /** Requests of two organizations that are sent at the same time. */
  requests: cases ?? 600,
  /** Milliseconds that a test may take, on a machine that has other things to do. */
  patience: 180_000 + (cases ?? 0) * 500,
})

function numberOf(name: string): number | undefined {
  const text = process.env[name]
  return text ? Number(text) : undefined
}
