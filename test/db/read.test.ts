import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { modelTables } from '../../src/db/generated/tables.ts'
import type { Read } from '../../src/db/read.ts'
import { columns, WrittenRow } from '../../src/db/rows.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

/** The row with its members as its own, which they may not be. */
function membersOf<Row extends object>(row: Row): Row {
  if (!(row instanceof WrittenRow)) return row
  return Object.fromEntries([...row[columns].keys()].map((member) => [member, row[member as never]])) as Row
}

describe('the two ways to read', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase({ demo: true })
    const opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5 })
    const { id: organizationId } = await opened.prisma.organization.findFirstOrThrow()
    const event = { subject: 'a', action: 'b', targetType: 'c', targetId: 'd', outcome: 'SUCCESS', requestId: 'f' }
    const before = { text: 'ü "quoted" \\ 😀', list: [1, null, true], nothing: null }
    await opened.prisma.auditEvent.create({ data: { ...event, organizationId, at: new Date(), before } })
    // The embedded database takes one connection at a time.
    await opened.close()
  })
  afterAll(() => database.close())

  const both = async <Row extends object>(statement: Prisma.Sql): Promise<readonly [Row[], Row[]]> => {
    const answers: Row[][] = []
    for (const reads of ['pool', 'prisma'] as const) {
      const way = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5, reads })
      answers.push((await way.read<Row>(statement)).map(membersOf))
      await way.close()
    }
    return answers as [Row[], Row[]]
  }

  it.each(Object.entries(modelTables))('give equal rows of %s, of the model’s types', async (_, { table, columns }) => {
    const list = Object.entries<{ readonly name: string }>(columns).map(
      ([member, { name }]) => `${name} AS "${member}"`,
    )
    const [pool, prisma] = await both(
      Prisma.sql`SELECT ${Prisma.raw(list.join(', '))} FROM ${Prisma.raw(table)} ORDER BY ${Prisma.raw(list.length > 1 ? '1, 2' : '1')}`,
    )
    expect(pool).toEqual(prisma)
    expect(pool.map((row) => Object.values(row).map(kindOf))).toEqual(
      prisma.map((row) => Object.values(row).map(kindOf)),
    )
  })

  it.each([
    ['instants with and without fractions', `'2026-11-21 09:30:00+00'::timestamptz(3)`],
    ['instants', `'2026-11-21 09:30:00.120+00'::timestamptz(3)`],
    ['the first year', `'0001-01-01 00:00:00.001+00'::timestamptz(3)`],
    ['the last year', `'9999-12-31 23:59:59.999+00'::timestamptz(3)`],
    ['dates', `'2024-02-29'::date`],
    ['large integers', '9007199254740993::bigint'],
    ['bytes', `'\\x00ff10'::bytea`],
    ['lists of texts', `ARRAY['a,b', '"c"', 'd\\e', '', 'NULL', '{}']`],
    ['JSON', `'{"a": [1, 2.5, null, "\\u00fc"]}'::jsonb`],
    ['nulls', 'NULL::timestamptz'],
    ['booleans', 'true'],
    ['fractions', '0.1::double precision'],
  ])('read %s alike', async (_, sql) => {
    const [pool, prisma] = await both<{ value: unknown }>(Prisma.sql`SELECT ${Prisma.raw(sql)} AS value`)
    expect(pool).toEqual(prisma)
    expect(kindOf(pool[0]?.value)).toBe(kindOf(prisma[0]?.value))
  })

  it.each([
    ['texts', 'a\\b"c\'ü'],
    ['integers', 7],
    ['booleans', true],
    ['bytes', new Uint8Array([0, 255, 16])],
  ])('send %s alike', async (_, value) => {
    const type = { string: 'text', number: 'integer', boolean: 'boolean', object: 'bytea' }[typeof value as 'string']
    const [pool, prisma] = await both<{ value: unknown }>(Prisma.sql`SELECT ${value}::${Prisma.raw(type)} AS value`)
    expect(pool).toEqual([{ value }])
    expect(prisma).toEqual(pool)
  })

  it('send lists and instants alike', async () => {
    const instant = new Date('2026-11-21T09:30:00.123Z')
    const [pool, prisma] = await both(Prisma.sql`
      SELECT ${['a,b', '"c"', 'd\\e', '']}::text[] AS texts, ${[1, 2]}::integer[] AS numbers, ${instant}::timestamptz AS instant,
        ${[]}::uuid[] AS nothing`)
    expect(pool).toEqual([{ texts: ['a,b', '"c"', 'd\\e', ''], numbers: [1, 2], instant, nothing: [] }])
    expect(prisma).toEqual(pool)
  })
})

describe('statements over the pool', () => {
  let database: TestDatabase
  let opened: Database
  let read: Read
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
    opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5 })
    read = opened.read
  })
  afterAll(async () => {
    await opened.close()
    await database.close()
  })

  const prepared = () =>
    read<{ statement: string }>(Prisma.sql`SELECT statement FROM pg_prepared_statements ORDER BY statement`)

  it('get a name when they come again, and are bounded in number', async () => {
    const statement = (index: number) => read(Prisma.sql`SELECT ${Prisma.raw(String(index))} AS number`)
    await statement(-1)
    expect((await prepared()).map((row) => row.statement)).not.toContain('SELECT -1 AS number')
    await statement(-1)
    expect((await prepared()).map((row) => row.statement)).toContain('SELECT -1 AS number')
    for (let index = 0; index < 600; index++) {
      await statement(index)
      await statement(index)
    }
    expect((await prepared()).length).toBeLessThanOrEqual(500)
  })
})

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value)
}
