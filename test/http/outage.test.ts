import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { graphql } from '../generated/gql.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createDatabaseProxy, type DatabaseProxy } from '../support/databaseProxy.ts'
import { demoAccessId } from '../support/demoUser.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const HttpIssue = graphql(`
  mutation HttpIssue($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on IssueTokenPayload { secret token { name } }
    }
  }
`)

/** One test after the other, because the last takes the database away for good. */
describe.sequential('while the database fails', () => {
  let target: TestDatabase
  let proxy: DatabaseProxy
  let database: Database
  let harness: Harness
  let poolSize: number
  /** Whether a change is one statement, and not one between BEGIN and COMMIT. */
  let alone: boolean
  beforeAll(async () => {
    target = await createTestDatabase({ demo: true })
    proxy = await createDatabaseProxy(target)
    poolSize = target.kind === 'embedded' ? 1 : 4
    const cancellable = target.kind === 'server'
    const reads = process.env.DATABASE_READS === 'prisma' ? 'prisma' : 'pool'
    alone = cancellable && reads === 'pool'
    database = openDatabase({
      connection: proxy.connection,
      poolSize,
      timeout: 1,
      cancellable,
      reads,
      healthApart: target.kind === 'server',
    })
    harness = await createHarness({}, { database })
  })
  afterAll(async () => {
    await harness.close()
    await database.close()
    await proxy.close()
    await target.close()
  })

  const issue = (idempotencyKey: string) =>
    harness.ask(HttpIssue, { input: { accessId: demoAccessId('Provisioning'), name: 'Outage', idempotencyKey } })
  /** The embedded database needs a moment to see that its one connection is gone. */
  const recovered = () => vi.waitFor(() => database.read(Prisma.sql`SELECT 1`), { timeout: 10_000, interval: 50 })

  /** Sends the statement once over every connection of the gateway. */
  async function onEachConnection(sql: string): Promise<void> {
    let missing = poolSize
    let complete = () => {}
    const all = new Promise<void>((resolve) => {
      complete = resolve
    })
    const send = () =>
      database.prisma.$transaction(async (transaction) => {
        await transaction.$executeRawUnsafe(sql)
        missing -= 1
        if (missing === 0) complete()
        await all
      })
    await Promise.all(Array.from({ length: poolSize }, send))
  }

  /** Does the work while every connection of the gateway is taken. */
  async function whileBusy<T>(work: () => Promise<T>): Promise<T> {
    let free = () => {}
    const freed = new Promise<void>((resolve) => {
      free = resolve
    })
    const held = Array.from({ length: poolSize }, () => {
      let taken = () => {}
      const isTaken = new Promise<void>((resolve) => {
        taken = resolve
      })
      const holding = database.prisma.$transaction(
        async (transaction) => {
          await transaction.$queryRaw`SELECT 1 AS one`
          taken()
          await freed
        },
        { timeout: 20_000 },
      )
      return { isTaken, holding: holding.catch(() => {}) }
    })
    await Promise.all(held.map(({ isTaken }) => isTaken))
    return work().finally(async () => {
      free()
      await Promise.all(held.map(({ holding }) => holding))
    })
  }

  it('a change is OUTCOME_UNKNOWN when the connection breaks at its commit; asked again, it happened once', async () => {
    for (const when of ['before', 'after'] as const) {
      await recovered()
      proxy.cutAt(alone ? `cut ${when}` : 'COMMIT', when)
      const { status, data, errors } = await issue(`cut ${when}`)
      expect({ status, data }).toEqual({ status: 200, data: null })
      expect(errors).toMatchObject([{ path: ['issueToken'], extensions: { code: 'OUTCOME_UNKNOWN', retryable: true } }])
      await recovered()
      const again = await issue(`cut ${when}`)
      expect(again.data?.issueToken).toMatchObject({
        secret: when === 'after' ? null : expect.stringMatching(/^iamt_/),
        token: { name: 'Outage' },
      })
      expect(await database.prisma.idempotencyKey.count({ where: { key: `cut ${when}` } })).toBe(1)
    }
    expect(await database.prisma.token.count({ where: { name: 'Outage' } })).toBe(2)
  })

  it('a change is SERVICE_UNAVAILABLE when the connection breaks earlier, because nothing happened', async () => {
    // For what is one statement, earlier is before there is a connection.
    if (alone) await proxy.close()
    else proxy.cutAt('INSERT INTO', 'before')
    if (alone) await vi.waitFor(() => expect(database.read(Prisma.sql`SELECT 1`)).rejects.toThrow(/ECONNREFUSED/))
    const { status, errors } = await issue('cut early')
    expect(status).toBe(200)
    expect(errors).toMatchObject([
      { message: 'the database is out of reach', path: ['issueToken'], extensions: { code: 'SERVICE_UNAVAILABLE' } },
    ])
    if (alone) proxy = await createDatabaseProxy(target, proxy.port)
    await recovered()
    expect(await database.prisma.idempotencyKey.count({ where: { key: 'cut early' } })).toBe(0)
  })

  it('a statement that takes too long is a TIMEOUT, and what it changed is taken back', async () => {
    await database.prisma.$executeRaw`
      CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(4); RETURN NEW; END $$`
    await database.prisma.$executeRaw`
      CREATE TRIGGER slow_tokens BEFORE INSERT ON tokens FOR EACH ROW EXECUTE FUNCTION dawdle()`
    const { status, data, errors } = await issue('slow')
    expect({ status, data }).toEqual({ status: 200, data: null })
    expect(errors).toMatchObject([{ message: 'the database took too long', extensions: { code: 'TIMEOUT' } }])
    await recovered()
    expect(await database.prisma.idempotencyKey.count({ where: { key: 'slow' } })).toBe(0)
    await database.prisma.$executeRaw`DROP TRIGGER slow_tokens ON tokens`
  })

  it('a change that is held up on its way is a TIMEOUT, and nobody commits it later; one statement may have happened', async () => {
    await recovered()
    const count = () =>
      Promise.all([
        database.prisma.auditEvent.count(),
        database.prisma.token.count({ where: { name: 'Outage' } }),
        database.prisma.idempotencyKey.count({ where: { key: 'held up' } }),
      ])
    const [events, tokens] = await count()
    proxy.stallAt('held up', 'after')
    const { status, data, errors } = await issue('held up')
    expect({ status, data }).toEqual({ status: 200, data: null })
    const told = alone ? { code: 'OUTCOME_UNKNOWN', retryable: true } : { code: 'TIMEOUT' }
    expect(errors).toMatchObject([{ path: ['issueToken'], extensions: told }])
    proxy.goOn()
    await recovered()
    const happened = alone ? 1 : 0
    expect(await count()).toEqual([events + happened, tokens + happened, happened])
    const again = await issue('held up')
    expect(again.data?.issueToken).toMatchObject({ secret: alone ? null : expect.stringMatching(/^iamt_/) })
    expect(await count()).toEqual([events + 1, tokens + 1, 1])
  })

  it('a change is SERVICE_UNAVAILABLE while the database takes none, and reads are answered', async () => {
    await recovered()
    await onEachConnection('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY')
    expect((await issue('read only')).errors).toMatchObject([
      {
        message: 'the database takes no changes at present',
        path: ['issueToken'],
        extensions: { code: 'SERVICE_UNAVAILABLE' },
      },
    ])
    expect(await harness.askRaw('{ viewer { user { id } } }')).toMatchObject({ status: 200, errors: undefined })
    await onEachConnection('SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE')
  })

  it('a caller is told to come back while the gateway is busy, and /ready that it is ready', async () => {
    await recovered()
    const { ready, message, status, retryAfter } = await whileBusy(async () => {
      const ready = await (await harness.fetch('/ready')).json()
      const stranger = { claims: { sub: 'a', customer_id: 3, scope: 'users:read' } }
      const { errors, status, headers } = await harness.askRaw('{ viewer { subject } }', {}, stranger)
      return { ready, message: errors?.[0]?.message, status, retryAfter: headers.get('retry-after') }
    })
    expect(ready).toEqual({ ready: true, accepting: true, keys: true, database: true })
    expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '1' })
    expect(message).toBe('the gateway is busy: none of its connections to the database became free in time')
  })

  it('a field is SERVICE_UNAVAILABLE when the database is gone, and the others are answered', async () => {
    const query = '{ viewer { subject user { id } } }'
    expect(await harness.askRaw(query)).toMatchObject({ status: 200, errors: undefined })
    await proxy.close()
    const { status, errors, headers } = await harness.askRaw('{ viewer { subject access { id } } }')
    expect(status).toBe(200)
    expect(errors).toMatchObject([{ path: ['viewer', 'access'], extensions: { code: 'SERVICE_UNAVAILABLE' } }])
    expect(headers.has('retry-after')).toBe(false)
  })

  it('a caller whose organization has to be looked up is told to come back', async () => {
    const stranger = { claims: { sub: 'a', customer_id: 2, scope: 'users:read' } }
    const { status, headers, data, errors } = await harness.askRaw('{ viewer { subject } }', {}, stranger)
    expect({ status, data }).toEqual({ status: 503, data: undefined })
    expect(headers.get('retry-after')).toBe('1')
    expect(errors).toEqual([{ message: 'the database is out of reach', extensions: { code: 'SERVICE_UNAVAILABLE' } }])
  })

  it('/ready says so, and /health does not ask', async () => {
    const response = await harness.fetch('/ready')
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ ready: false, accepting: true, keys: true, database: false })
    expect((await harness.fetch('/health')).status).toBe(200)
  })

  it('nothing of it is unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
