/** Whether what is remembered of callers is still so: what the authenticator is told of changes. */

/** What was read of an organization at one version of it: current until a later version is known. */
export interface Epoch {
  readonly current: boolean
}

/** The epochs of all organizations, as far as they are known. */
export interface Currency {
  /** Milliseconds for which no change may go unknown. */
  readonly bound: number
  /** Milliseconds by the monotonic clock until which epochs may be relied on. */
  readonly reliedOnUntil: number
  /** From when on it is time to find out again, while they are still relied on. */
  readonly dueAt: number
  /**
   * The epoch of the organization at this version, which was read where all transactions before `asOf` had ended. One that is
   * not current where a later version is known, or may have been told of before what was read came.
   */
  epochAt(organizationId: string, version: bigint, asOf: bigint): Epoch
  /** Finds out what has changed, as it is now. Rejects where that can't be found out in time. */
  renew(): Promise<void>
}

/** What never changes. */
export const constant: Epoch = Object.freeze({ current: true })

/** Current while all of them are. */
export function togetherCurrent(epochs: readonly Epoch[]): Epoch {
  const [first = constant] = epochs
  if (epochs.length <= 1) return first
  return {
    get current() {
      return epochs.every((epoch) => epoch.current)
    },
  }
}
