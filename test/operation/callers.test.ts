import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'

const scope = 'users:read roles:read tokens:issue'
const caller = (sub: string): Caller => ({ claims: { customer_id: 1, scope, sub } })
const reading = '{ roles { total } }'
const patient = { timeout: 20_000 }

describe('callers who ask at the same time', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness({ REQUEST_TIMEOUT: '20s' })
    for (const sub of ['a', 'b']) await harness.askRaw('{ viewer { organization { id } } }', {}, caller(sub))
    await harness.prisma.$executeRawUnsafe('ALTER TABLE roles RENAME TO quick_roles')
    await harness.prisma.$executeRawUnsafe('CREATE VIEW roles AS SELECT quick_roles.* FROM quick_roles, pg_sleep(0.05)')
  })
  afterAll(() => harness.close())

  it('are answered in turn, not in the order of all that they ask for', async () => {
    let answered = 0
    const asked = Array.from({ length: 40 }, async () => {
      const { errors } = await harness.askRaw(reading, {}, caller('a'))
      answered += 1
      return errors
    })
    await expect.poll(() => answered, patient).toBeGreaterThan(0)
    const before = answered
    await harness.askRaw('{ users { total } }', {}, caller('b'))
    expect(answered - before).toBeLessThan(15)
    expect((await Promise.all(asked)).filter((errors) => errors !== undefined)).toEqual([])
  })
})

// The embedded database has one connection, and what that waits for everybody waits for.
if (inject('templates').server !== null) {
  describe('a caller whose statements take long', () => {
    let harness: Harness
    let other: pg.Client
    beforeAll(async () => {
      harness = await createHarness({ DATABASE_TIMEOUT: '20s', REQUEST_TIMEOUT: '20s' })
      other = new pg.Client(harness.database.connection)
      await other.connect()
    })
    afterAll(async () => {
      await other.end()
      await harness.close()
    })

    /** Lets every statement that reads roles wait while the work is done. */
    const whileLocked = async (work: () => Promise<void>) => {
      await other.query('BEGIN; LOCK TABLE roles IN ACCESS EXCLUSIVE MODE')
      try {
        await work()
      } finally {
        await other.query('COMMIT')
      }
    }
    /** Statements that wait so. */
    const blocked = async () => {
      await other.query('SELECT pg_stat_clear_snapshot()')
      const waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
      return (await other.query(waiting)).rows.length
    }

    it('leaves connections to others, however many requests it sends', async () => {
      let asked: Promise<{ status: number }[]> | undefined
      await whileLocked(async () => {
        asked = Promise.all(Array.from({ length: 20 }, () => harness.askRaw(reading, {}, caller('a'))))
        await expect.poll(blocked, patient).toBe(2)
        const { status, errors } = await harness.askRaw('{ users { total } }', {}, caller('b'))
        expect({ status, errors }).toEqual({ status: 200, errors: undefined })
        expect(await blocked()).toBe(2)
      })
      expect((await asked)?.map(({ status }) => status)).toEqual(Array(20).fill(200))
    })

    it('leaves them as well where one request asks for much at once', async () => {
      const fields = Array.from({ length: 20 }, (_, i) => `a${i}: roles { total results { id permissions { id } } }`)
      let asked: Promise<{ errors: unknown }> | undefined
      await whileLocked(async () => {
        asked = harness.askRaw(`{ ${fields.join(' ')} }`, {}, caller('a'))
        await expect.poll(blocked, patient).toBe(2)
        expect((await harness.askRaw('{ users { total } }', {}, caller('b'))).errors).toBeUndefined()
      })
      expect((await asked)?.errors).toBeUndefined()
    })

    it('is told to come back once too much of it waits, which others need not mind', async () => {
      let asked: Promise<unknown> | undefined
      await whileLocked(async () => {
        const waves = Array.from({ length: 11 }, (_, i) =>
          harness.askRaw(
            `{ ${Array.from({ length: 20 }, (_, k) => `a${k}: roles { total }`).join(' ')} } # ${i}`,
            {},
            caller('a'),
          ),
        )
        asked = Promise.all(waves)
        await expect
          .poll(async () => (await harness.askRaw('{ viewer { subject } }', {}, caller('a'))).status, patient)
          .toBe(429)
        const refused = await harness.askRaw('{ viewer { subject } }', {}, caller('a'))
        expect(refused.headers.get('retry-after')).toBe('1')
        expect(refused.errors?.[0]?.extensions).toEqual({ code: 'RATE_LIMITED' })
        expect((await harness.askRaw('{ viewer { subject } }', {}, caller('b'))).status).toBe(200)
      })
      await asked
      expect((await harness.askRaw('{ viewer { subject } }', {}, caller('a'))).status).toBe(200)
    })

    it('meets nothing unexpected', () => {
      expect(harness.unexpected).toEqual([])
    })
  })
}
