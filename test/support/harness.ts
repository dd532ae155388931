/** A gateway on a real database with the demo data, asked through its fetch, with real JWTs and a clock that stands still. */
import { randomUUID } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type DemoCaller, demoCallers } from '../../examples/data/demo/callers.ts'
import { allowedHostsOf, claimNamesOf, limitsOf, policyOf } from '../../src/assemble.ts'
import { fixedKeys } from '../../src/auth/keys.ts'
import type { Visibility } from '../../src/auth/visibility.ts'
import { readConfig } from '../../src/config.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import type { Read, Statement } from '../../src/db/read.ts'
import { secureRows } from '../../src/db/rowSecurity.ts'
import type { Write } from '../../src/db/write.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway.ts'
import type { Observation } from '../../src/observer.ts'
import type { TypedDocumentString } from '../generated/graphql.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { connected } from './globalSetup.ts'
import { testTime } from './time.ts'

export const issuer = 'https://issuer.example'
export const audience = 'iam-graph'

/** Claims of a JWT; those left out get values that the gateway takes. `undefined` leaves a claim away. */
export type Claims = Readonly<Record<string, unknown>>

/** Whose JWT a request has: a demo caller, claims of one's own, a whole Authorization header, or none. */
export type Caller = DemoCaller | { readonly claims: Claims } | { readonly authorization: string } | null

export interface GraphError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions: { readonly code: string; readonly [key: string]: unknown }
}

export interface Asked<Data> {
  readonly status: number
  readonly headers: Headers
  readonly data: Data | null | undefined
  readonly errors: readonly GraphError[] | undefined
  readonly extensions: Readonly<Record<string, unknown>> | undefined
  /** The SQL statements that the request took, in order. */
  readonly statements: readonly string[]
}

export interface Harness {
  readonly gateway: Gateway
  readonly database: TestDatabase
  /** The way to the database that the gateway has. */
  readonly opened: Database
  readonly prisma: Database['prisma']
  /** Asks as the administrator of organization 1, unless told otherwise. */
  ask<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables?: Variables,
    caller?: Caller,
  ): Promise<Asked<Data>>
  /** The same with any text and any variables, for what no typed client would send. */
  askRaw(document: string, variables?: unknown, caller?: Caller, path?: string): Promise<Asked<Record<string, unknown>>>
  /** Any request; the path is that of the gateway. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** A further gateway over the same database, keys and clock; these options replace those of the first. */
  beside(overrides: Partial<GatewayOptions>): Gateway
  /** The headers that a caller authorizes itself with. */
  authorize(caller: Caller): Promise<Readonly<Record<string, string>>>
  /** A JWT of the issuer that the gateway trusts. */
  sign(claims: Claims, header?: Readonly<Record<string, unknown>>, key?: CryptoKey): Promise<string>
  /** Every SQL statement that was sent, in order. Prisma's client tells of a statement when it is answered: see `answered`. */
  readonly sent: readonly string[]
  /** Resolves when each statement is answered that the gateway has sent, those as well that no answer waits for. */
  answered(): Promise<void>
  /** What time it is for the gateway. */
  now: Date
  /** The errors that the gateway told its observer as unexpected. */
  readonly unexpected: unknown[]
  /** Everything that the gateway told its observer, in order. */
  readonly observed: Observation[]
  close(): Promise<void>
}

/** A harness; `settings` are environment variables, `overrides` replace options of the gateway. */
export async function createHarness(
  settings: Readonly<Record<string, string>> = {},
  overrides: Partial<GatewayOptions> = {},
): Promise<Harness> {
  const { DATABASE_READS = '', DATABASE_ROW_SECURITY = '', DATABASE_URL = '' } = process.env
  const config = readConfig({
    OPEN_INTROSPECTION: 'true',
    DATABASE_READS,
    DATABASE_ROW_SECURITY,
    DATABASE_URL,
    JWKS_URI: 'https://issuer.example/jwks',
    JWT_ISSUER: issuer,
    ...settings,
  })
  const database = await createTestDatabase({ demo: true })
  if (config.DATABASE_ROW_SECURITY) await connected(database.connection, secureRows)
  const statements: string[] = []
  const options = {
    connection: database.connection,
    poolSize: database.kind === 'embedded' ? 1 : Number(settings.DATABASE_POOL_SIZE ?? 5),
    timeout: config.DATABASE_TIMEOUT,
    reads: config.DATABASE_READS,
    cancellable: database.kind === 'server',
    onStatement: (sql: string) => void statements.push(sql),
  }
  const opened = openDatabase({ ...options, rowSecurity: config.DATABASE_ROW_SECURITY })
  // What the tests themselves read and change, they do as the owner.
  const owners = config.DATABASE_ROW_SECURITY ? openDatabase(options) : opened
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }
  const unexpected: unknown[] = []
  const observed: Observation[] = []
  const state = { now: testTime }
  const { underWay, waited } = countUnderWay()
  const gatewaysOwn = { ...opened, read: waited(strict(opened.read)), write: waited(opened.write) }
  const gatewayOptions: GatewayOptions = {
    database: gatewaysOwn,
    callerConnections: config.CALLER_CONNECTIONS,
    keys: fixedKeys({ keys: [jwk] }),
    signer: null,
    jwt: { issuer, audience, type: config.JWT_TYPE, maxAge: config.JWT_MAX_AGE },
    claimNames: claimNamesOf(config),
    policy: policyOf(config),
    limits: limitsOf(config),
    maxBodyBytes: config.MAX_BODY_BYTES,
    timeout: config.REQUEST_TIMEOUT,
    openIntrospection: config.OPEN_INTROSPECTION,
    allowedHosts: allowedHostsOf(config),
    allowedOrigins: config.ALLOWED_ORIGINS,
    publicUrl: () => config.PUBLIC_URL ?? 'http://gateway.example',
    subgraph: config.SUBGRAPH,
    clock: () => state.now,
    monotonic: () => state.now.getTime(),
    // Written when a test asks for it, so that no statement comes between those of a request.
    refusalsEvery: 86_400_000,
    observe(observation) {
      observed.push(observation)
      if (observation.kind === 'unexpected') unexpected.push(observation.error)
    },
    ...overrides,
  }
  const gateway = createGateway(gatewayOptions)

  const sign = (claims: Claims, header: Readonly<Record<string, unknown>> = {}, key: CryptoKey = privateKey) => {
    const issuedAt = Math.floor(state.now.getTime() / 1_000)
    const standard = { iss: issuer, aud: audience, sub: 'test', iat: issuedAt, exp: issuedAt + 600, jti: randomUUID() }
    return new SignJWT({ ...standard, client_id: 'tests', ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'test', ...header })
      .sign(key)
  }
  const authorize = async (caller: Caller): Promise<Record<string, string>> => {
    if (caller === null) return {}
    if ('authorization' in caller) return { authorization: caller.authorization }
    return { authorization: `Bearer ${await sign('claims' in caller ? caller.claims : claimsOf(caller))}` }
  }
  const fetch = (path: string, init?: RequestInit) =>
    gateway.fetch(new Request(new URL(path, 'http://gateway.example'), init))

  const harness: Harness = {
    gateway,
    database,
    opened: gatewaysOwn,
    prisma: owners.prisma,
    sent: statements,
    async answered() {
      while (underWay.size > 0) await Promise.allSettled(underWay)
    },
    unexpected,
    observed,
    beside: (replaced) => createGateway({ ...gatewayOptions, ...replaced }),
    authorize,
    sign,
    fetch,
    ask: (document, variables, caller = demoCallers.administrator) =>
      harness.askRaw(document.toString(), variables, caller) as never,
    async askRaw(document, variables, caller = demoCallers.administrator, path = '/graphql') {
      const headers = {
        ...(await authorize(caller)),
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
      }
      const before = statements.length
      const response = await fetch(path, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query: document, variables }),
      })
      const { data, errors, extensions } = await response.json()
      return {
        status: response.status,
        headers: response.headers,
        data,
        errors,
        extensions,
        statements: statements.slice(before),
      }
    },
    get now() {
      return state.now
    },
    set now(value) {
      state.now = value
    },
    async close() {
      await gateway.settle()
      await opened.close()
      if (owners !== opened) await owners.close()
      await database.close()
    },
  }
  return harness
}

/** Ways to send statements that keep what is not answered yet. */
function countUnderWay() {
  const underWay = new Set<Promise<unknown>>()
  const waited = <Way extends Read | Write>(send: Way): Way =>
    ((...statement: Parameters<Way>) => {
      const answer = (send as (...statement: unknown[]) => Promise<unknown>)(...statement)
      underWay.add(answer)
      const forget = () => void underWay.delete(answer)
      answer.then(forget, forget)
      return answer
    }) as Way
  return { underWay, waited }
}

/** Rows that fail where something is taken from them that the statement did not read: a field forgot to declare it. */
function strict(read: Read): Read {
  return async <Row extends object>(statement: Statement, sentFor?: Visibility) => {
    const rows = await read<Row>(statement, sentFor)
    return rows.map((row) => new Proxy<Row>(row, { get: strictly }))
  }
}

/** What promises and GraphQL ask of anything. */
const asked: ReadonlySet<string> = new Set(['then', 'toJSON', '__typename'])

function strictly(row: object, member: string | symbol): unknown {
  if (typeof member === 'string' && !(member in row) && !asked.has(member)) {
    throw new Error(`"${member}" was not read: expected a field that declares it`)
  }
  return Reflect.get(row, member)
}

/** The claims of a demo caller's JWT. */
export function claimsOf({ userId, scopes, customerId, accessId }: DemoCaller): Claims {
  return { sub: userId, scope: scopes.join(' '), customer_id: customerId, access_id: accessId }
}
