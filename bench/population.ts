/** Databases with a population of the project's own seed, filled once and used again; and what requests draw from them. */
import { once } from 'node:events'
import pg from 'pg'
import type { Processes } from './processes.ts'
import { issueTokenFunction, tokenName } from './workloads/w5.ts'
import { isAllowedFunction } from './workloads/w6.ts'

/** The organizations with the ids of their users, in order, and of their accesses that may hold tokens. */
export interface Organization {
  readonly id: string
  /** Who holds every permission there. */
  readonly administrator: { readonly user: string; readonly access: number }
  readonly users: readonly string[]
  /** The first of those whose time is not over, so that they may call. */
  readonly callers: readonly string[]
  readonly accesses: readonly number[]
  /** The roles that each of them holds everywhere; no entry where there is none. */
  readonly rolesOf: ReadonlyMap<number, readonly string[]>
}

export interface Population {
  readonly users: number
  readonly url: string
  /** The largest first. */
  readonly organizations: readonly Organization[]
  /** Every user's id, in order. */
  readonly everyUser: readonly string[]
  readonly permissions: readonly string[]
}

/** Makes the database where it is not there, brings it up to date and to its size, and reads what is in it. */
export async function openPopulation(server: string, users: number, processes: Processes): Promise<Population> {
  const name = `bench_${users}`
  const url = new URL(server)
  url.pathname = `/${name}`
  await connected(server, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    // Orders of texts are the same for all contestants then, whatever the server's own collation is.
    if (rowCount === 0) await client.query(`CREATE DATABASE ${name} TEMPLATE template0 LC_COLLATE 'C' ENCODING 'UTF8'`)
  })
  await seed(url.href, users, processes)
  return connected(url.href, async (client) => {
    await client.query(issueTokenFunction)
    await client.query(isAllowedFunction)
    return { users, url: url.href, ...(await read(client)) }
  })
}

async function seed(url: string, users: number, processes: Processes): Promise<void> {
  const child = processes.start(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'seed', '--users', String(users)], {
    core: undefined,
    environment: { DATABASE_URL: url, DEMO_DATA: 'false', DATABASE_TIMEOUT: '1h' },
  })
  child.stdout?.resume()
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`the seed of ${users} users ended with code ${code}`)
}

async function read(client: pg.Client): Promise<Omit<Population, 'users' | 'url'>> {
  const users = await client.query<[string, string]>({
    text: 'SELECT organization_id, id FROM users ORDER BY id',
    rowMode: 'array',
  })
  const accesses = await client.query<[string, number]>({
    text: `SELECT accesses.organization_id, accesses.id
      FROM accesses JOIN users ON users.id = accesses.user_id
      WHERE type <> 'PROFILE' AND (users.expires_at IS NULL OR users.expires_at > now() + interval '30 days')
      ORDER BY accesses.id`,
    rowMode: 'array',
  })
  const administrators = await client.query<[string, { readonly user: string; readonly access: number }]>({
    text: `SELECT DISTINCT ON (accesses.organization_id) accesses.organization_id,
        json_build_object('user', accesses.user_id, 'access', accesses.id)
      FROM role_assignments JOIN accesses ON accesses.id = role_assignments.access_id
      WHERE role_id = 'administrator' AND resource_id IS NULL
      ORDER BY accesses.organization_id, accesses.id`,
    rowMode: 'array',
  })
  const callers = await client.query<[string, string]>({
    text: `SELECT organization_id, id FROM (
        SELECT organization_id, id, row_number() OVER (PARTITION BY organization_id ORDER BY id) AS place
        FROM users WHERE expires_at IS NULL
      ) AS staying WHERE place <= 10 ORDER BY id`,
    rowMode: 'array',
  })
  const roles = await client.query<[string, readonly [number, string]]>({
    text: `SELECT organization_id, json_build_array(access_id, role_id)
      FROM role_assignments WHERE resource_id IS NULL ORDER BY access_id, role_id`,
    rowMode: 'array',
  })
  const permissions = await client.query<[string]>({ text: 'SELECT id FROM permissions ORDER BY id', rowMode: 'array' })
  const administratorOf = new Map(administrators.rows)
  const usersOf = grouped(users.rows)
  const callersOf = grouped(callers.rows)
  const accessesOf = grouped(accesses.rows)
  const rolesOf = grouped(roles.rows)
  return {
    everyUser: users.rows.map(([, id]) => id),
    permissions: permissions.rows.map(([id]) => id),
    organizations: [...usersOf]
      .flatMap(([id, ids]) => {
        const administrator = administratorOf.get(id)
        const own = accessesOf.get(id)
        return administrator === undefined || own === undefined
          ? []
          : [
              {
                id,
                administrator,
                users: ids,
                callers: callersOf.get(id) ?? [],
                accesses: own,
                rolesOf: grouped(rolesOf.get(id) ?? []),
              },
            ]
      })
      .sort((a, b) => b.users.length - a.users.length || (a.id < b.id ? -1 : 1)),
  }
}

function grouped<K, T>(rows: readonly (readonly [K, T])[]): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const [key, value] of rows) {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}

/** The tokens that the workloads issued, and all events. */
export interface IssuedRows {
  readonly tokens: number
  readonly events: number
}

export function issuedRows(url: string): Promise<IssuedRows> {
  return connected(url, async (client) => {
    const { rows } = await client.query<IssuedRows>(
      `SELECT (SELECT count(*)::integer FROM tokens WHERE name = '${tokenName}') AS tokens,
         (SELECT count(*)::integer FROM audit_events) AS events`,
    )
    return rows[0] as IssuedRows
  })
}

/** Takes the tokens of the workloads out again, with their events, so that each run begins alike. */
export async function removeIssuedTokens(client: pg.Client): Promise<void> {
  // The trail is append-only for everybody but the owner of its table. The seed writes no events.
  await client.query(`ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only;
    TRUNCATE audit_events;
    ALTER TABLE audit_events ENABLE TRIGGER audit_events_append_only;
    DELETE FROM tokens WHERE name = '${tokenName}'`)
  await client.query('VACUUM (ANALYZE) tokens')
}

/** Does the work on a connection of its own. */
export async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'bench' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
