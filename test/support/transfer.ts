/** Import and export as functions of texts, on a database of a test. */
import { Readable } from 'node:stream'
import pg from 'pg'
import { exportLines, findOrganization } from '../../src/transfer/exportLines.ts'
import { type Imported, type ImportOptions, importFiles } from '../../src/transfer/importFiles.ts'
import type { TestDatabase } from './database.ts'
import { testTime } from './time.ts'

/** What came of an import: its counts by kind, those that are 0 left out, and its problems. */
export interface TextImported {
  readonly lines: number
  readonly problems: readonly string[]
  /** Null where nothing was to be changed. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>> | null
  /** Left out where there are none. */
  readonly withoutAssigners?: readonly number[]
}

type Options = Partial<Pick<ImportOptions, 'check' | 'prune' | 'now' | 'lockTimeout'>>

/** A line for each of the objects. */
export function linesOf(objects: readonly object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('')
}

/** Imports the text, or bytes, as a file with the name `file`, on a connection of its own. */
export async function importText(
  database: TestDatabase,
  text: string | Buffer,
  options: Options = {},
): Promise<TextImported> {
  const client = new pg.Client(database.connection)
  await client.connect()
  try {
    await client.query("SET TimeZone = 'UTC'")
    return await importWith(client, database, text, options)
  } finally {
    await client.end()
  }
}

async function importWith(client: pg.Client, { kind }: TestDatabase, text: string | Buffer, options: Options) {
  const problems: string[] = []
  const { lines, counts, withoutAssigners } = await importFiles(client, {
    sources: [{ name: 'file', stream: Readable.from([Buffer.from(text)]), bytes: null }],
    check: false,
    prune: false,
    kindOfDatabase: kind,
    now: testTime,
    assignPermission: 'iam.role.assign',
    requestId: 'a-run',
    onProblem: (problem) => problems.push(problem),
    onPhase: () => () => {},
    onWait: () => {},
    ...options,
  })
  const without = withoutAssigners.length === 0 ? {} : { withoutAssigners }
  return { lines, problems, counts: counts && shortened(counts), ...without }
}

function shortened(counts: NonNullable<Imported['counts']>) {
  return Object.fromEntries(
    [...counts]
      .map(
        ([{ type }, each]) =>
          [type, Object.fromEntries(Object.entries(each).filter(([, count]) => count > 0))] as const,
      )
      .filter(([, each]) => Object.keys(each).length > 0),
  )
}

/** What export prints; `onLeftOut` is told how many tokens it leaves out. */
export async function exportText(
  database: TestDatabase,
  customer?: number,
  onLeftOut: (tokens: number) => void = () => {},
): Promise<string> {
  const client = new pg.Client(database.connection)
  await client.connect()
  try {
    let text = ''
    const organizationId = customer === undefined ? null : await findOrganization(client, customer)
    for await (const lines of exportLines(client, organizationId, onLeftOut)) text += lines
    return text
  } finally {
    await client.end()
  }
}
