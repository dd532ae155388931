/** Brings files of lines into the database: all of them are checked first, and then they are there as a whole or not at all. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type pg from 'pg'
import { type DatabaseFailure, databaseFailure } from '../db/failure.ts'
import { type OnWait, withPatience } from '../db/patience.ts'
import { StartupError } from '../errors.ts'
import { inOneLine } from '../printable.ts'
import { organizationsWithAssigners } from './assigners.ts'
import { checkStaged } from './checks.ts'
import type { Kind } from './kind.ts'
import { kinds, permissionKind, roleKind, tokenKind } from './kinds.ts'
import { mergeRolePermissions, mergeStatement, type Part, parkEmails, reserveIds } from './merge.ts'
import { type Pruning, prunedAssignments, prunedCallers, prunedCatalogue, prunedProviders } from './prune.ts'
import { readLine } from './readLine.ts'
import { readLines } from './readLines.ts'
import { createStaging, type Staging } from './staging.ts'

/** Something to be read: a file, or what comes by standard input. */
export interface Source {
  /** What problems are told of. */
  readonly name: string
  readonly stream: Readable
  /** Null where it is not known beforehand. */
  readonly bytes: number | null
}

export interface ImportOptions {
  readonly sources: readonly Source[]
  /** Whether nothing is changed. */
  readonly check: boolean
  /** Whether what the files do not have is taken away. */
  readonly prune: boolean
  readonly kindOfDatabase: 'embedded' | 'server'
  readonly now: Date
  /** The permission by which an access may assign roles. */
  readonly assignPermission: string
  /** What the audit events of this import have in common. */
  readonly requestId: string
  /** Told of each problem, in one line. */
  readonly onProblem: (problem: string) => void
  /** Gives what is told how much of how much is done; null where that is not known. */
  readonly onPhase: (phase: string) => (done: number, total: number | null) => void
  readonly onWait: OnWait
  /** Seconds that another import is waited for. */
  readonly lockTimeout?: number
}

/** What became of the rows of a kind. */
export interface Counts {
  readonly created: number
  readonly changed: number
  readonly removed: number
  readonly same: number
}

export interface Imported {
  /** Lines that were read. */
  readonly lines: number
  /** Problems that were found: where there is one, nothing has been changed. */
  readonly problems: number
  /** Null where nothing was to be changed. */
  readonly counts: ReadonlyMap<Kind, Counts> | null
  /** The customer numbers of organizations that had an access which may assign roles, and have none any more. */
  readonly withoutAssigners: readonly number[]
}

/** Taken by each import, so that there is one at a time. */
const advisoryLock = 72_707_371

/** Opens the files; `-` is standard input. Throws StartupError where one can't be read. */
export async function openSources(files: readonly string[], standardInput: Readable): Promise<readonly Source[]> {
  if (files.filter((file) => file === '-').length > 1) {
    throw new StartupError('Expected standard input (-) once', 2)
  }
  return Promise.all(
    files.map(async (file): Promise<Source> => {
      if (file === '-') return { name: '-', stream: standardInput, bytes: null }
      try {
        const found = await stat(file)
        if (found.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
        const stream = createReadStream(file, { highWaterMark: 1 << 18 })
        await new Promise((resolve, reject) => stream.once('open', resolve).once('error', reject))
        return { name: file, stream, bytes: found.isFile() ? found.size : null }
      } catch (error) {
        throw new StartupError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code}`, 2, error)
      }
    }),
  )
}

/**
 * Reads, checks and brings in what the sources say, in one transaction. Expects a client of its own with a migrated
 * database, outside a transaction. Throws StartupError where another import does not end.
 */
export async function importFiles(client: pg.Client, options: ImportOptions): Promise<Imported> {
  await withPatience(client.query('SELECT pg_advisory_lock($1)', [advisoryLock]), {
    what: 'another import, which is under way',
    atMost: options.lockTimeout ?? 60,
    remedy: 'import again when it has ended',
    onWait: options.onWait,
  })
  try {
    await prepare(client, options)
    const staging = await createStaging(client, options.kindOfDatabase)
    const read = await stage(staging, options)
    const staged = await staging.finish()
    return await inOneTransaction(client, async () => {
      const problems = read.problems + (await check(client, options))
      if (problems > 0 || options.check) return { ...read, problems, counts: null, withoutAssigners: [], commit: false }
      const assigners = () => organizationsWithAssigners(client, options.assignPermission, options.now)
      const before = await assigners()
      const counts = await bringIn(client, staged, options)
      const after = new Set(await assigners())
      const withoutAssigners = before.filter((customer) => !after.has(customer))
      return { ...read, problems, counts, withoutAssigners, commit: true }
    })
  } finally {
    // The embedded database has one session for all connections. With a broken connection, all that is gone as well.
    await client.query(`DISCARD TEMP; SELECT pg_advisory_unlock(${advisoryLock})`).catch(() => {})
  }
}

async function prepare(client: pg.Client, { now, requestId }: ImportOptions): Promise<void> {
  // A server that works for a client which is gone gives up. The embedded one is gone with it.
  await client.query(
    `SET jit = off; SET work_mem = '64MB';
    SELECT set_config('client_connection_check_interval', '1s', false) WHERE version() NOT LIKE '%PGlite%'`,
  )
  await client.query('CREATE TEMPORARY TABLE import_parked (id uuid PRIMARY KEY, email text COLLATE "und-x-icu")')
  await client.query('CREATE TEMPORARY TABLE import_run (at timestamptz(3), request_id text)')
  await client.query('INSERT INTO import_run VALUES ($1, $2)', [now.toISOString(), requestId])
}

/** Problems of one line that are told; how many more there are is told as well. */
const mostTold = 20

/** Reads all lines and stages those that are sound by themselves. */
async function stage(staging: Staging, { sources, onProblem, onPhase }: ImportOptions) {
  const sizes = sources.map(({ bytes }) => bytes)
  const total = sizes.includes(null) ? null : sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)
  const progress = onPhase('Reading')
  let done = 0
  let lines = 0
  let problems = 0
  for (const [file, source] of sources.entries()) {
    const before = lines
    const onRead = (bytes: number) => {
      done += bytes
      progress(done, total === null ? null : Math.max(done, total))
    }
    for await (const { line, text, issue } of readLines(source.stream, onRead)) {
      lines += 1
      const result = text === null ? { issues: [issue ?? ''], about: null } : readLine(text)
      if ('issues' in result) {
        const more = result.issues.length - mostTold
        for (const each of result.issues.slice(0, mostTold)) onProblem(told(source, line, each))
        if (more > 0) onProblem(told(source, line, `and ${more} more`))
        problems += result.issues.length
        if (result.about !== null) await staging.addBroken(result.about.kind, result.about.id)
      } else {
        await staging.add(result, { file, line })
      }
    }
    if (lines === before) {
      onProblem(inOneLine(`${source.name}: expected lines, received none`))
      problems += 1
    }
  }
  if (total === null && done > 0) progress(done, done)
  return { lines, problems }
}

async function check(client: pg.Client, { sources, prune, onProblem, onPhase }: ImportOptions): Promise<number> {
  onPhase('Checking')
  let problems = 0
  await checkStaged(client, prune, ({ file, line, message, otherFile, otherLine }) => {
    const first = otherLine === null ? '' : `, received it as in ${sources[otherFile ?? 0]?.name}:${otherLine}`
    onProblem(told(sources[file], line, `${message}${first}`))
    problems += 1
  })
  return problems
}

function told(source: Source | undefined, line: number, problem: string): string {
  return inOneLine(`${source?.name}:${line}: ${problem}`)
}

/** Staged rows that a statement takes. */
const chunk = 20_000

/** Others have changed the same rows meanwhile, or what these refer to: the check is made again, and tells what there is to tell. */
const overtaken: readonly (DatabaseFailure | undefined)[] = ['conflict', 'unique']
const attempts = 3

async function inOneTransaction(
  client: pg.Client,
  work: () => Promise<Imported & { readonly commit: boolean }>,
): Promise<Imported> {
  for (let attempt = 1; ; attempt++) {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    try {
      const { commit, ...imported } = await work()
      await client.query(commit ? 'COMMIT' : 'ROLLBACK')
      return imported
    } catch (error) {
      // The connection may be what failed.
      await client.query('ROLLBACK').catch(() => {})
      if (!overtaken.includes(databaseFailure(error))) throw error
      if (attempt < attempts) continue
      const what = `Others have changed the same rows ${attempts} times while the import was under way`
      throw new StartupError(`${what}: nothing has been changed, import again`, 1, error)
    }
  }
}

/**
 * Everything that counts up the version of an organization comes last: it is held until the commit, and whoever deactivates a
 * token of that organization, or ends a user, waits for it.
 */
async function bringIn(
  client: pg.Client,
  staged: ReadonlyMap<Kind, number>,
  { prune, onPhase }: ImportOptions,
): Promise<ReadonlyMap<Kind, Counts>> {
  const progress = onPhase('Writing')
  const total = [...staged.values()].reduce((sum, count) => sum + count, 0)
  const counts = new Map(kinds.map((kind) => [kind, { created: 0, changed: 0, removed: 0, same: 0 }]))
  const count = (kind: Kind, more: Partial<Counts>) => {
    const soFar = counts.get(kind)
    if (soFar !== undefined) for (const [what, rows] of Object.entries(more)) soFar[what as keyof Counts] += rows
  }
  const take = async ({ kind, text }: Pruning) => {
    const { rows } = await client.query<{ removed: number }>(text)
    count(kind, rows[0] ?? {})
  }
  await client.query(parkEmails)
  let done = 0
  const later: (() => Promise<void>)[] = []
  for (const kind of kinds) {
    const lines = staged.get(kind) ?? 0
    if (kind.numbered && lines > 0) await client.query(reserveIds(kind))
    if (prune && kind === tokenKind) await take(prunedAssignments)
    // Tokens refer to each other.
    const step = kind === tokenKind ? lines : chunk
    for (let from = 1; from <= lines; from += step) {
      const to = Math.min(from + step - 1, lines)
      const merged = await merge(client, kind, [from, to], 'but ends')
      const { created, changed } = merged
      count(kind, { created, changed, same: to - from + 1 - created - changed - merged.later })
      if (merged.later > 0) {
        later.push(async () => count(kind, { changed: (await merge(client, kind, [from, to], 'all')).changed }))
      }
      done += to - from + 1
      progress(done, total)
    }
  }
  for (const work of later) await work()
  if (prune) {
    for (const pruning of [...prunedCallers, prunedProviders]) await take(pruning)
    for (const { due, ...pruning } of prunedCatalogue) {
      const { rows } = await client.query<{ due: boolean }>(due)
      if (rows[0]?.due) await take(pruning)
    }
  }
  return counts
}

type Merged = Pick<Counts, 'created' | 'changed'> & { readonly later: number }
type Range = readonly [from: number, to: number]

async function merge(client: pg.Client, kind: Kind, range: Range, part: Part): Promise<Merged> {
  const run = async (which: Part): Promise<Merged> => {
    const { rows } = await client.query<Merged>(mergeStatement(kind, which), [...range])
    return rows[0] ?? { created: 0, changed: 0, later: 0 }
  }
  const isCatalogue = kind === roleKind || kind === permissionKind
  if (!isCatalogue) return run(part)
  // Whatever is sent to these tables is a new version of the catalogue.
  const due = await run('none')
  if (due.created + due.changed === 0) return due
  const merged = await run(part)
  if (kind === roleKind) for (const text of mergeRolePermissions) await client.query(text)
  return merged
}

/** Tells the planner of what has become much, and cleans up behind it. */
export async function tidyUp(client: pg.Client, { counts }: Imported): Promise<void> {
  const touched = [...(counts?.values() ?? [])].reduce(
    (sum, { created, changed, removed }) => sum + created + changed + removed,
    0,
  )
  if (touched < 1_000) return
  await client.query(`VACUUM (ANALYZE) ${kinds.map(({ table }) => table).join(', ')}`)
}
