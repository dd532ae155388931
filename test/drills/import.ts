/**
 * `npm run drill:import`: imports that are ended at any moment, by signals and by the server, leave everything or nothing, and
 * nothing of theirs behind; and of two at once one waits. On the server of DATABASE_URL, and on the embedded database.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { Command } from 'commander'
import type pg from 'pg'
import { migrate } from '../../src/db/migrate.ts'
import { createCli, type Ended, type Running } from '../support/cli.ts'
import { connected, onServer } from '../support/globalSetup.ts'
import { linesOf } from '../support/transfer.ts'

const { users, kills, embeddedKills, pairs } = new Command('npm run drill:import --')
  .description('Ends imports at random moments, and sees what they leave.')
  .option('--users <count>', 'users in each file', Number, 2_000)
  .option('--kills <count>', 'imports that are ended on the server', Number, 60)
  .option('--embedded-kills <count>', 'imports that are ended on the embedded database', Number, 10)
  .option('--pairs <count>', 'times that two imports are started at once', Number, 5)
  .parse()
  .opts<{ users: number; kills: number; embeddedKills: number; pairs: number }>()

const uuid = (kind: number, number: number) => `${kind}0000000-0000-4000-8000-${String(number).padStart(12, '0')}`
const at = { created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z' }

/** One of two populations that differ in every way: rows of the one only, rows that both have, and those that differ. */
function population(which: 0 | 1): readonly object[] {
  const lines: object[] = [
    { type: 'organization', id: uuid(1, 1), customer_id: 1, name: `Number ${which}` },
    { type: 'permission', id: 'zone.read', description: 'Look zones up.' },
    { type: 'permission', id: `only.${which}`, description: 'Of one population.' },
    { type: 'role', id: 'reader', description: 'Reads.', permissions: which === 0 ? ['zone.read'] : ['only.1'] },
    { type: 'role', id: `only-${which}`, description: 'Of one population.', permissions: [`only.${which}`] },
  ]
  for (let number = 1; number <= users; number++) {
    if (number % 3 === which) continue
    const lastname = number % 2 === 0 ? 'Same' : `Number ${which}`
    lines.push(
      {
        ...{ type: 'user', id: uuid(2, number), customer_id: 1, firstname: 'A', lastname, language: 'EN', phone: null },
        ...{ email: `${number}@drill.example`, acct: null, idp_id: null, ...at },
        expires_at: number % 5 === 0 && which === 1 ? '2027-01-01' : null,
      },
      { type: 'access', id: number, user_id: uuid(2, number), access_type: 'PROFILE', name: lastname, ...at },
      { type: 'roleAssignment', access_id: number, role_id: number % 7 === 0 ? `only-${which}` : 'reader' },
    )
  }
  return lines
}

/** What a database holds, and how many events each import has left. */
interface Found {
  readonly lines: string
  readonly runs: ReadonlyMap<string, number>
}

/** A way in which an import comes to its end. */
interface End {
  readonly name: string
  end(running: Running): unknown
}

interface Place {
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  readonly ends: readonly End[]
  found(): Promise<Found>
  /** What a process that is gone has left behind it. */
  leftBehind(): Promise<readonly object[]>
}

const signals: readonly End[] = (['SIGKILL', 'SIGINT', 'SIGTERM'] as const).map((name) => ({
  name,
  end: (running) => running.signal(name),
}))

const folder = await mkdtemp(join(tmpdir(), 'iam-graph-drill-'))
const cli = createCli()
const files = [join(folder, '0.jsonl'), join(folder, '1.jsonl')] as const
const importing = (place: Place, which: 0 | 1) => cli.start(['import', '--prune', files[which]], place.environment)

function must(holds: boolean, what: string, found: unknown): void {
  if (!holds) throw new Error(`expected ${what}, received ${JSON.stringify(found)}`)
}

function mustSucceed({ code, stderr }: Ended): void {
  must(code === 0, 'an import that ends with 0', { code, stderr })
}

/** Waits until the import has begun to read, or has ended. */
async function reading(running: Running): Promise<void> {
  const ended = running.ended().then(() => true)
  while (!running.stderr.includes('Reading') && !(await Promise.race([ended, delay(5, false)])));
}

/** Ends imports of the other population, each at a moment of its own, and sees that one of the two is there as a whole. */
async function drill(place: Place, times: number): Promise<void> {
  mustSucceed(await importing(place, 0).ended())
  const whole: Found[] = [await place.found()]
  const measured = importing(place, 1)
  await reading(measured)
  const began = performance.now()
  mustSucceed(await measured.ended())
  const duration = performance.now() - began
  whole.push(await place.found())
  const changes = [...(whole[1]?.runs.values() ?? [])].at(-1)
  let now: 0 | 1 = 1
  const tally = new Map<string, number>()
  for (let time = 0; time < times; time++) {
    const before = await place.found()
    const { name, end } = place.ends[time % place.ends.length] as End
    const next: 0 | 1 = now === 0 ? 1 : 0
    const running = importing(place, next)
    // Most of them while they work, some of them before.
    if (time % 10 !== 0) await reading(running)
    await Promise.race([delay(Math.random() * duration), running.ended()])
    const phase = running.stderr.match(/^(Reading|Checking|Writing)$/gm)?.at(-1) ?? 'Starting'
    await end(running)
    const { code, stdout } = await running.ended()
    const after = await place.found()
    const isThere = after.lines !== before.lines
    must(after.lines === whole[isThere ? next : now]?.lines, 'one population as a whole', { name, phase, isThere })
    const more = [...after.runs].filter(([run]) => !before.runs.has(run)).map(([, events]) => events)
    must(isDeepStrictEqual(more, isThere ? [changes] : []), 'an event for each change', { name, phase, more, changes })
    must(code !== 0 || stdout === '' || isThere, 'what an import says that it has done', { name, phase, stdout })
    const left = await place.leftBehind()
    must(left.length === 0, 'nothing left behind', left)
    const outcome = `${phase.toLowerCase()}, ${isThere ? 'everything' : 'nothing'}`
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
    if (isThere) now = next
  }
  const told = [...tally].sort().map(([outcome, count]) => `${count} × ${outcome}`)
  process.stdout.write(`${place.name}: ${times} imports were ended while ${told.join('; ')}; no other outcome\n`)
}

/** Starts two at once: both come in, one after the other. */
async function drillPairs(place: Place, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const before = await place.found()
    const both = await Promise.all(([0, 1] as const).map((which) => importing(place, which).ended()))
    for (const ended of both) mustSucceed(ended)
    const after = await place.found()
    const runs = [...after.runs].filter(([run]) => !before.runs.has(run))
    must(runs.length === 2 || runs.length === 1, 'the events of one import, or of two', runs)
    must((await place.leftBehind()).length === 0, 'nothing left behind', time)
  }
  process.stdout.write(`${place.name}: ${times} times two imports at once, both were there, one after the other\n`)
}

async function foundBy(client: pg.Client): Promise<Found> {
  const { rows: lines } = await client.query<{ text: string }>(
    [
      'SELECT t::text AS text FROM organizations AS t',
      `SELECT (to_jsonb(t) - 'updated_at')::text FROM users AS t`,
      `SELECT (to_jsonb(t) - 'updated_at')::text FROM accesses AS t`,
      `SELECT (to_jsonb(t) - 'id')::text FROM role_assignments AS t`,
      ...['roles', 'permissions', 'role_permissions'].map((table) => `SELECT t::text FROM ${table} AS t`),
    ].join(' UNION ALL '),
  )
  const { rows: runs } = await client.query<{ request_id: string; events: number }>(
    'SELECT request_id, count(*)::integer AS events FROM audit_events GROUP BY request_id ORDER BY min(id)',
  )
  return {
    lines: lines
      .map(({ text }) => text)
      .sort()
      .join('\n'),
    runs: new Map(runs.map(({ request_id: run, events }) => [run, events])),
  }
}

async function drillServer(server: string): Promise<void> {
  const database = `iam_graph_drill_${process.pid}`
  const url = onServer(server, database)
  const run = <T>(work: (client: pg.Client) => Promise<T>) => connected({ connectionString: url }, work)
  const isImport = `datname = current_database() AND application_name = 'drill'`
  const place: Place = {
    name: 'PostgreSQL',
    environment: { DATABASE_URL: `${url}?application_name=drill`, DATA_DIR: join(folder, 'unused') },
    ends: [
      ...signals,
      {
        name: 'pg_terminate_backend',
        end: () =>
          run((client) => client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${isImport}`)),
      },
    ],
    found: () =>
      run(async (client) => {
        // Of an import that is gone the server still has to learn that.
        const left = () => client.query(`SELECT FROM pg_stat_activity WHERE ${isImport}`)
        const deadline = performance.now() + 60_000
        while ((await left()).rows.length > 0) {
          must(performance.now() < deadline, 'the session of an import to end within a minute', null)
          await delay(20)
        }
        return foundBy(client)
      }),
    leftBehind: () =>
      run(async (client) => {
        const { rows } = await client.query<object>(
          `SELECT 'table' AS what, relname::text AS name FROM pg_class WHERE relname LIKE 'import\\_%'
          UNION ALL SELECT 'lock', objid::text FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        )
        return rows
      }),
  }
  await connected({ connectionString: server }, (client) => client.query(`CREATE DATABASE ${database}`))
  try {
    await run(migrate)
    await drill(place, kills)
    await drillPairs(place, pairs)
  } finally {
    await connected({ connectionString: server }, (client) => client.query(`DROP DATABASE ${database} WITH (FORCE)`))
  }
}

async function drillEmbedded(): Promise<void> {
  const { openEmbedded } = await import('../../src/db/embedded.ts')
  const data = join(folder, 'data')
  const place: Place = {
    name: 'Embedded',
    environment: { DATA_DIR: data },
    ends: signals,
    async found() {
      const { connection, close } = await openEmbedded({ folder: data })
      try {
        return await connected(connection, foundBy)
      } finally {
        await close()
      }
    },
    leftBehind: async () => [],
  }
  await drill(place, embeddedKills)
}

try {
  for (const which of [0, 1] as const) await writeFile(files[which], linesOf(population(which)))
  const server = process.env.DATABASE_URL
  if (server && kills + pairs > 0) await drillServer(server)
  if (embeddedKills > 0) await drillEmbedded()
} finally {
  await cli.end()
  await rm(folder, { recursive: true, force: true })
}
