/** Who is measured, and how each is started. */
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startCerbos } from './cerbos.ts'
import { type Processes, printed, stopProcess } from './processes.ts'
import type { CursorOf } from './workloads/workload.ts'

export type ContestantName = 'bare' | 'raw' | 'postgraphile' | 'plain' | 'cerbos' | 'gateway'

export const titles: Readonly<Record<ContestantName, string>> = {
  bare: 'bare node:http',
  raw: 'hand-tuned SQL',
  postgraphile: 'PostGraphile 5',
  plain: 'the plain way',
  cerbos: 'Cerbos',
  gateway: 'iam-graph',
}

/** Connections to the database that each may have: the gateway's own default. */
const poolSize = '10'

export interface StartOptions {
  readonly processes: Processes
  readonly core: number | undefined
  readonly databaseUrl: string
  /** A folder for logs. */
  readonly folder: string
  /** The gateway's key file and issuer. */
  readonly jwt: { readonly keyFile: string; readonly issuer: string }
  /** Further settings of the gateway. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface Server {
  readonly name: ContestantName
  readonly port: number
  readonly pid: number
  readonly cursorOf: CursorOf
  stop(): Promise<void>
}

/** Starts a contestant; it is ready when this resolves. */
export async function startContestant(name: ContestantName, options: StartOptions): Promise<Server> {
  if (name === 'cerbos') {
    const { child, port } = await startCerbos(options)
    return serverOf(name, port, child)
  }
  const { processes, core, databaseUrl, folder, jwt, settings } = options
  const isGateway = name === 'gateway'
  const child = processes.start(node22(), isGateway ? startCommand() : [entryOf(name)], {
    core,
    log: `${folder}/${name}.log`,
    environment: {
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      ...(isGateway
        ? { PORT: '0', DATABASE_POOL_SIZE: poolSize, JWT_KEY_FILE: jwt.keyFile, JWT_ISSUER: jwt.issuer, ...settings }
        : { POOL_SIZE: poolSize, GRAPHILE_ENV: 'production' }),
    },
  })
  const [, port] = await printed(child, isGateway ? /Endpoint +http:\/\/127\.0\.0\.1:(\d+)/ : /listening on (\d+)/)
  return serverOf(name, Number(port), child)
}

async function serverOf(name: ContestantName, port: number, child: ChildProcess): Promise<Server> {
  return {
    name,
    port,
    pid: child.pid as number,
    cursorOf: await cursorsOf(name, port),
    stop: () => stopProcess(child),
  }
}

/** What `npm start` tells Node. */
function startCommand(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return scripts.start.split(' ').slice(1)
}

function entryOf(name: ContestantName): string {
  return fileURLToPath(new URL(`servers/${name}.${name === 'raw' || name === 'bare' ? 'ts' : 'mjs'}`, import.meta.url))
}

/** The Node that runs all contestants alike: the one of the benchmark's packages, or this one where it is new enough. */
export function node22(): string {
  const path = new URL(`node_modules/node-linux-${process.arch}/bin/node`, import.meta.url)
  if (existsSync(path)) return fileURLToPath(path)
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath
  throw new Error('expected Node 22 or later for PostGraphile 5: run this on it, or on Linux on x64 or arm64')
}

async function cursorsOf(name: ContestantName, port: number): Promise<CursorOf> {
  if (name === 'gateway') return (id) => Buffer.from(`User:${id}`).toString('base64url')
  if (name !== 'postgraphile') return (id) => id
  // Its cursors say which order they belong to; one of its own tells how.
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: '{ allUsers(first: 1) { edges { cursor } } }' }),
  })
  const { data } = (await response.json()) as { data: { allUsers: { edges: [{ cursor: string }] } } }
  const [order] = JSON.parse(Buffer.from(data.allUsers.edges[0].cursor, 'base64').toString('utf8'))
  return (id) => Buffer.from(JSON.stringify([order, id])).toString('base64')
}
