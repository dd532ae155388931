/** How often something may be done that anybody can ask for: a few times at once, and then at a steady pace. */

export interface Allowance {
  /** Takes one: 0 where it was there, else the milliseconds until the next one is, and nothing is taken. */
  take(): number
}

/** An allowance of at most `most` at once, of which one comes back every `interval` milliseconds by this clock. */
export function createAllowance(most: number, interval: number, monotonic: () => number): Allowance {
  let left = most
  let countedAt = monotonic()
  return {
    take() {
      const back = Math.floor((monotonic() - countedAt) / interval)
      left = Math.min(most, left + back)
      countedAt += back * interval
      if (left === 0) return countedAt + interval - monotonic()
      left -= 1
      return 0
    },
  }
}
