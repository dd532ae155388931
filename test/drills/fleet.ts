/** Gateways as processes of their own over one database of a PostgreSQL server: what the drills are done with. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { type DemoCaller, demoCallers } from '../../examples/data/demo/callers.ts'
import { developmentLifetime, openDevelopmentIssuer } from '../../src/auth/developmentIssuer.ts'
import { createCli, type Running } from '../support/cli.ts'
import { connected, onServer } from '../support/globalSetup.ts'

export interface Answer {
  readonly status: number
  readonly data: Readonly<Record<string, unknown>> | null
  readonly errors: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[] | undefined
  /** The whole body. */
  readonly text: string
}

/** A gateway. */
export interface Member {
  readonly url: string
  readonly running: Running
  /** Rejects where there is no answer. */
  ask(query: string, authorization: string, variables?: object): Promise<Answer>
}

export interface Fleet {
  /** The address of the database. */
  readonly database: string
  /** Starts a gateway, and waits until it is ready; the settings are environment variables. */
  start(settings?: Readonly<Record<string, string>>): Promise<Member>
  /** What a demo caller sends as its Authorization header. */
  authorization(caller?: DemoCaller, further?: object): Promise<string>
  /** Asks the database itself. */
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Ends all gateways, and removes the database. */
  close(): Promise<void>
}

/** A database with the demo data, on the server of DATABASE_URL. */
export async function createFleet(): Promise<Fleet> {
  const server = process.env.DATABASE_URL
  if (!server) throw new Error('expected DATABASE_URL: a PostgreSQL server, on which a database may be made')
  const name = `iam_graph_drill_${process.pid}`
  await connected({ connectionString: server }, (client) => client.query(`CREATE DATABASE ${name}`))
  const database = onServer(server, name)
  const pool = new pg.Pool({ connectionString: database, max: 2 })
  // Connections that are ended on purpose.
  pool.on('error', () => {})
  const folder = await mkdtemp(join(tmpdir(), 'iam-graph-drill-'))
  const issuer = await openDevelopmentIssuer({ folder, audience: 'iam-graph', clock: () => new Date() })
  const cli = createCli({ patience: 600_000 })
  return {
    database,
    async start(settings = {}) {
      const running = cli.start(['start'], { DATA_DIR: folder, DATABASE_URL: database, ...settings })
      const [, url = ''] = await running.until(/Endpoint {2}(http:\S+)\/graphql\n/)
      while (!(await isReady(url))) await new Promise((resolve) => setTimeout(resolve, 50))
      return { url, running, ask: (query, authorization, variables) => ask(url, query, authorization, variables) }
    },
    async authorization({ userId, customerId, accessId, scopes } = demoCallers.administrator, further = {}) {
      const claims = { sub: userId, customer_id: customerId, access_id: accessId, scope: scopes.join(' '), ...further }
      return `Bearer ${await issuer.sign(claims, developmentLifetime)}`
    },
    async sql<Row extends object>(text: string, values: readonly unknown[] = []) {
      const { rows } = await pool.query<Row>(text, values as unknown[])
      return rows
    },
    async close() {
      await cli.end()
      await pool.end()
      await connected({ connectionString: server }, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
      )
      await rm(folder, { recursive: true })
    },
  }
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/ready`)).status === 200
}

async function ask(url: string, query: string, authorization: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
    },
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  const { data, errors } = JSON.parse(text)
  return { status: response.status, data, errors, text }
}

/** Does the drill on a fleet of its own, says what went wrong, and has the process end with 1 then. */
export async function drill(work: (fleet: Fleet) => Promise<readonly string[]>): Promise<void> {
  const fleet = await createFleet()
  try {
    const failures = await work(fleet)
    for (const failure of failures) console.error(`FAILED: ${failure}`)
    if (failures.length > 0) process.exitCode = 1
  } finally {
    await fleet.close()
  }
}

/** A number from the environment. */
export function numberOf(name: string, otherwise: number): number {
  const given = Number(process.env[name] ?? otherwise)
  if (!(given > 0)) throw new Error(`expected a number above 0 in ${name}`)
  return given
}

/** The middle one and the largest, rounded. */
export function medianAndMaximum(numbers: readonly number[]): { readonly median: number; readonly maximum: number } {
  const sorted = [...numbers].sort((one, other) => one - other)
  const at = (index: number) => Math.round(sorted[index] ?? Number.NaN)
  return { median: at(Math.floor(sorted.length / 2)), maximum: at(sorted.length - 1) }
}

/** Issues a token for the access of somebody; left out: of the administrator. */
export async function issue(
  { ask: send }: Pick<Member, 'ask'>,
  authorization: string,
  name: string,
  { accessId }: DemoCaller = demoCallers.administrator,
): Promise<{ readonly id: string; readonly secret: string }> {
  const { data, text } = await send(
    `mutation ($input: IssueTokenInput!) {
      issueToken(input: $input) { ... on IssueTokenPayload { secret token { id } } ... on Error { message } }
    }`,
    authorization,
    { input: { accessId: String(accessId), name } },
  )
  const issued = data?.issueToken as { readonly secret?: string; readonly token?: { readonly id: string } } | undefined
  if (!issued?.secret || !issued.token) throw new Error(`expected a token, received ${text}`)
  return { id: issued.token.id, secret: issued.secret }
}
