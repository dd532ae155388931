/**
 * How far what is remembered of callers can be relied on. Whatever may take something from a caller counts up the version of
 * its organization in its own transaction. Those who listen are told; and because that may be lost, each gateway asks what has
 * changed before what it remembers is older than a bound. So no request of a caller asks for itself.
 */
import { LRUCache } from 'lru-cache'
import type { Currency, Epoch } from '../auth/currency.ts'
import { GatewayError } from '../errors.ts'
import { Prisma } from './generated/prisma/client.ts'
import type { Read } from './read.ts'
import { everything } from './rowSecurity.ts'

/** Milliseconds for which no change may go unknown. */
const bound = 750
/** Milliseconds after which it is asked again, beside requests, while they come. */
const renewal = 250
/** How often it is asked for somebody who waits, where the answers come too late: a gateway may have stood still for a while. */
const attempts = 3
const mostOrganizations = 20_000

interface Changed {
  readonly organizationId: string | null
  readonly version: bigint | null
  readonly now: bigint
}

/** A change that was not seen was made by a transaction that had not ended when it was asked the last time. */
const selectChanged = (since: bigint) => Prisma.sql`
  SELECT changed.organization_id AS "organizationId", changed.version, snapshot.now
  FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS now) AS snapshot
  LEFT JOIN organization_versions AS changed ON changed.changed_in >= ${since}::bigint`

const never = 9_223_372_036_854_775_807n

interface Known extends Epoch {
  current: boolean
  readonly version: bigint
}

export class OrganizationVersions implements Currency {
  readonly bound = bound
  reliedOnUntil = Number.NEGATIVE_INFINITY
  dueAt = Number.NEGATIVE_INFINITY
  readonly #read: Read
  readonly #monotonic: () => number
  readonly #epochs = new LRUCache<string, Known>({
    max: mostOrganizations,
    dispose(known) {
      known.current = false
    },
  })
  /** All changes that were made by earlier transactions have been told. */
  #since = never
  #renewing: { readonly begun: number; readonly expired: number; readonly done: Promise<void> } | undefined
  /** Counts how often something was said to have changed. */
  #expired = 0

  constructor(read: Read, monotonic: () => number) {
    this.#read = read
    this.#monotonic = monotonic
  }

  epochAt(organizationId: string, version: bigint, asOf: bigint): Epoch {
    const known = this.#epochs.get(organizationId)
    if (known?.version === version) return known
    if (known !== undefined && known.version > version) return { current: false }
    // What was told between the reading and now is told no more, and may have been forgotten.
    if (asOf < this.#since) return { current: false }
    const epoch = { version, current: true }
    // What was there is not current any more: it is disposed of.
    this.#epochs.set(organizationId, epoch)
    return epoch
  }

  /** What the database tells who listens: an organization and its version; null where something may have been missed. */
  notified(change: string | null): void {
    const [organizationId, version] = change?.split(' ') ?? []
    if (organizationId === undefined || version === undefined) this.expire()
    else this.#told(organizationId, BigInt(version))
  }

  /** The organization has this version, or a later one. */
  #told(organizationId: string, version: bigint): void {
    const known = this.#epochs.peek(organizationId)
    // Also of one that nothing is remembered of yet: what is on its way may have been read before.
    if (known === undefined || known.version < version) this.#epochs.set(organizationId, { version, current: true })
  }

  /** Something has changed, nobody knows what: nothing is relied on before it has been asked. */
  expire(): void {
    this.#expired += 1
    this.reliedOnUntil = Number.NEGATIVE_INFINITY
    this.dueAt = Number.NEGATIVE_INFINITY
  }

  async renew(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#renewed()
      } catch (error) {
        if (!(error instanceof TooLate) || attempt === attempts) throw error
      }
    }
  }

  async #renewed(): Promise<void> {
    for (let renewing = this.#renewing; renewing !== undefined; renewing = this.#renewing) {
      const { begun, expired, done } = renewing
      // One that was begun before something changed does not tell of it, nor is it for long that it tells.
      if (expired === this.#expired && this.#monotonic() < begun + renewal) return done
      await done.catch(() => {})
    }
    const begun = this.#monotonic()
    const done = this.#ask(begun).finally(() => {
      this.#renewing = undefined
    })
    this.#renewing = { begun, expired: this.#expired, done }
    await done
  }

  async #ask(begun: number): Promise<void> {
    this.dueAt = Number.POSITIVE_INFINITY
    const expired = this.#expired
    try {
      const rows = await inTime(this.#read<Changed>(selectChanged(this.#since), everything))
      if (this.#monotonic() >= begun + bound) throw new TooLate()
      this.#learn(rows)
    } catch (error) {
      this.dueAt = Number.NEGATIVE_INFINITY
      throw error
    }
    // What was said meanwhile is asked the next time.
    if (expired !== this.#expired) return
    this.reliedOnUntil = begun + bound
    this.dueAt = begun + renewal
  }

  #learn(rows: readonly Changed[]): void {
    const now = rows[0]?.now ?? never
    // Transactions are counted anew: the database has been restored.
    if (this.#since !== never && now < this.#since) this.#epochs.clear()
    for (const { organizationId, version } of rows) {
      if (organizationId !== null && version !== null) this.#told(organizationId, version)
    }
    this.#since = now
  }
}

class TooLate extends GatewayError {
  constructor() {
    const message = 'it took too long to find out whether callers are still who they were'
    super('SERVICE_UNAVAILABLE', message, { retryAfter: 1 })
  }
}

/** The answer; TooLate where it does not come within the bound: it may have been asked on a connection that is dead. */
async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLate()), bound)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
