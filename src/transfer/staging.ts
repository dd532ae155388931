/**
 * Where lines wait until all of them have been checked: a temporary table for each kind, which nobody else sees and which
 * goes with the connection.
 */
import { once } from 'node:events'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type Column, type Kind, stagedIn } from './kind.ts'
import { kinds } from './kinds.ts'
import type { StagedLine } from './readLine.ts'

/** Where a line stands: the number of its file, the number of the line, and its number among all lines that are staged. */
export interface Place {
  readonly file: number
  readonly line: number
}

export interface Staging {
  /** Takes a line in. */
  add(line: StagedLine, place: Place): Promise<void>
  /** Takes in what a line is about that is wrong: what refers to it is not wrong because of that. */
  addBroken(kind: Kind, id: string): Promise<void>
  /** Writes what is left; how many lines of each kind there are. */
  finish(): Promise<ReadonlyMap<Kind, number>>
}

/** Lines that are sent at once. */
const batch = 2_000

const placeColumns: readonly Pick<Column, 'name' | 'type'>[] = [
  { name: 'n', type: 'integer' },
  { name: 'file', type: 'integer' },
  { name: 'line', type: 'integer' },
  { name: 'given', type: 'integer' },
]

type Row = readonly (string | null)[]
type Send = (table: string, columns: readonly Pick<Column, 'name' | 'type'>[], rows: readonly Row[]) => Promise<void>

/** Makes the tables. A server is sent rows by COPY; the embedded database has no COPY over a connection. */
export async function createStaging(client: pg.Client, kindOfDatabase: 'embedded' | 'server'): Promise<Staging> {
  await client.query(kinds.map(createTable).join(';'))
  await client.query('CREATE TEMPORARY TABLE import_broken (kind text, id text)')
  const send = kindOfDatabase === 'server' ? copyTo(client) : insertInto(client)
  const waiting = new Map<Kind, Row[]>(kinds.map((kind) => [kind, []]))
  const counts = new Map<Kind, number>(kinds.map((kind) => [kind, 0]))
  const broken: Row[] = []

  const flush = async (kind: Kind): Promise<void> => {
    const rows = waiting.get(kind) ?? []
    if (rows.length === 0) return
    waiting.set(kind, [])
    await send(stagedIn(kind), [...placeColumns, ...columnsOf(kind)], rows)
  }
  const flushBroken = async (): Promise<void> => {
    await send(
      'import_broken',
      [
        { name: 'kind', type: 'text' },
        { name: 'id', type: 'text' },
      ],
      broken.splice(0),
    )
  }
  return {
    async add({ kind, given, columns }, { file, line }) {
      const n = (counts.get(kind) ?? 0) + 1
      counts.set(kind, n)
      const rows = waiting.get(kind)
      rows?.push([String(n), String(file), String(line), String(given), ...columns])
      if (rows !== undefined && rows.length >= batch) await flush(kind)
    },
    async addBroken(kind, id) {
      broken.push([kind.type, id])
      if (broken.length >= batch) await flushBroken()
    },
    async finish() {
      for (const kind of kinds) await flush(kind)
      if (broken.length > 0) await flushBroken()
      // The statements of the checks and of the import are planned by what is there.
      for (const kind of kinds) {
        await client.query(`CREATE INDEX ON ${stagedIn(kind)} (n); CREATE INDEX ON ${stagedIn(kind)} (${kind.key[0]})`)
      }
      await client.query(`ANALYZE ${kinds.map(stagedIn).join(', ')}, import_broken`)
      return counts
    },
  }
}

/** The columns of a kind's lines, in their order. */
function columnsOf({ members }: Kind): readonly Column[] {
  return members.flatMap(({ columns }) => columns)
}

/** Texts are compared as they are in the table that they are meant for. */
function createTable(kind: Kind): string {
  const places = placeColumns.map(({ name }) => `0 AS ${name}`)
  const columns = kind.members.flatMap(({ own, columns: parts }) =>
    parts.map(({ name, type }) => (own ? `t.${name}` : `NULL::${type} AS ${name}`)),
  )
  return `CREATE TEMPORARY TABLE ${stagedIn(kind)} AS
    SELECT ${[...places, ...columns].join(', ')} FROM ${kind.table} AS t WITH NO DATA`
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** In the text format of COPY. */
function copyTo(client: pg.Client): Send {
  return async (table, columns, rows) => {
    const stream = client.query(copyFrom(`COPY ${table} (${columns.map(({ name }) => name).join(', ')}) FROM STDIN`))
    const text = rows
      .map((row) => row.map((value) => value?.replace(/[\\\n\r\t]/g, (found) => escapes[found] ?? found) ?? '\\N'))
      .map((row) => `${row.join('\t')}\n`)
      .join('')
    stream.end(text)
    await once(stream, 'finish')
  }
}

function insertInto(client: pg.Client): Send {
  return async (table, columns, rows) => {
    const values = columns.map(({ type }, index) => `(row->>${index})::${type}`)
    await client.query(
      `INSERT INTO ${table} (${columns.map(({ name }) => name).join(', ')})
      SELECT ${values.join(', ')} FROM json_array_elements($1::json) AS given(row)`,
      [JSON.stringify(rows)],
    )
  }
}
