/** Environment → frozen Config. The only reader of environment variables; every problem is found before anything starts. */
import { z } from 'zod'
import { ignoredParameter } from './databaseUrl.ts'
import { parseDuration } from './duration.ts'
import { StartupError } from './errors.ts'

interface Setting<T, D extends string | undefined = string | undefined> {
  readonly schema: z.ZodType<T>
  /** Written as in the environment; undefined where leaving it out means "none". */
  readonly default: D
  readonly description: string
}

const setting = <T, const D extends string | undefined>(
  schema: z.ZodType<T>,
  defaultText: D,
  description: string,
): Setting<T, D> => ({ schema, default: defaultText, description })

const text = z.string().min(1)
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`)
const flag = z.enum(['true', 'false'], 'expected true or false').transform((value) => value === 'true')
const list = z.string().transform((value) => value.split(/[\s,]+/).filter((item) => item !== ''))
const durationFrom = (least: number) =>
  z.string().transform((value, context) => {
    const seconds = parseDuration(value)
    if (seconds !== undefined && seconds >= least) return seconds
    context.addIssue('expected a duration such as 30s, 15m, 1h or 90d')
    return z.NEVER
  })
const duration = durationFrom(1)
/** Timers, Node's and PostgreSQL's, take no more than 24 days. */
const timeoutFrom = (least: number) =>
  durationFrom(least).refine((seconds) => seconds <= 86_400, 'expected a duration of at most 1d')
const timeout = timeoutFrom(1)
const claims = list.refine((names) => names.length > 0, 'expected names of claims, separated by commas')
const origins = list.refine(
  (values) => values.every((value) => URL.canParse(value) && new URL(value).origin === value),
  'expected origins such as https://app.example.com, separated by commas',
)
const origin = z.string().refine((value) => {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value
}, 'expected an address without a path, such as https://iam.example.com')
const hosts = list.refine(
  (values) =>
    values.every((value) => /^([^\s/:@?#*[\]]+|\[[\da-f:.]+\])$/i.test(value) && URL.canParse(`http://${value}`)),
  'expected hosts such as gateway.example.com, without ports, separated by commas',
)
const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'expected an address that starts with postgres://')
  .superRefine((url, context) => {
    const problem = ignoredParameter(url)
    if (problem !== undefined) context.addIssue(problem)
  })
const partsOfExecution = list.pipe(
  z.array(
    z.enum(
      ['plan', 'ahead', 'fragments', 'merging', 'catalogue'],
      'expected some of plan, ahead, fragments, merging and catalogue',
    ),
  ),
)
const keySetUrl = z.string().refine((value) => {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}, 'expected an https address without a password (http only on the loopback interface)')

/** Every setting: its name, its form, its default and what it is for. `--help` and the README's table are made of it. */
export const settings = {
  NODE_ENV: setting(
    z.enum(['development', 'production', 'test'], 'expected development, production or test'),
    'development',
    'production takes no development issuer, and so closes what is open with it: demo data, GraphiQL, introspection without a scope.',
  ),
  HOST: setting(text, '127.0.0.1', 'Address to listen on.'),
  PORT: setting(integer(0, 65_535), '4000', 'Port to listen on; 0 takes a free one.'),
  DATA_DIR: setting(text, '.data', 'Folder of the embedded database and of the keys for development.'),
  DATABASE_URL: setting(databaseUrl, undefined, 'A PostgreSQL server, 15 or later. Left out: the embedded database.'),
  DATABASE_OWNER_URL: setting(
    databaseUrl,
    undefined,
    'The same server as the owner of the tables reaches it, for migrations and commands, where the user of DATABASE_URL owns none. Left out: DATABASE_URL.',
  ),
  DATABASE_POOL_SIZE: setting(
    integer(1, 500),
    '10',
    'Connections to the PostgreSQL server at most, beside one that asks after its health and one that is told of changes.',
  ),
  CALLER_CONNECTIONS: setting(
    integer(1, 500),
    undefined,
    'Connections that one caller may have at once, so that some are left for others. Left out: half of them.',
  ),
  DATABASE_TIMEOUT: setting(timeout, '5s', 'How long one statement may take, and a wait for a connection.'),
  DATABASE_READS: setting(
    z.enum(['pool', 'prisma'], 'expected pool or prisma'),
    'pool',
    "How statements that read are sent: pool, over the driver's pool with names, or prisma, through Prisma's client, which is slower.",
  ),
  DATABASE_ROW_SECURITY: setting(
    flag,
    'false',
    'Whether the PostgreSQL server itself keeps organizations apart, too: by row-level security, which the start sets up.',
  ),
  EXECUTION_WITHOUT: setting(
    partsOfExecution,
    '',
    'Parts of what makes answers fast that are switched off, separated by commas: plan, ahead, fragments, merging, catalogue. The answers are the same.',
  ),
  DEMO_DATA: setting(
    flag,
    undefined,
    'Whether an empty database is filled with demo data. Left out: with the development issuer only. Never in production.',
  ),
  JWKS_URI: setting(keySetUrl, undefined, "The identity provider's key set."),
  JWT_KEY_FILE: setting(text, undefined, 'A public key instead of a key set: a PEM, JWK or JWKS file.'),
  JWT_ISSUER: setting(text, undefined, 'The `iss` that a JWT must have.'),
  JWT_AUDIENCE: setting(text, 'iam-graph', 'The `aud` that a JWT must have.'),
  JWT_TYPE: setting(
    z.enum(['at+jwt', 'JWT'], 'expected at+jwt or JWT'),
    'at+jwt',
    'The `typ` that a JWT must have (RFC 9068). JWT for identity providers that sign access tokens so (Keycloak, Entra ID).',
  ),
  JWT_MAX_AGE: setting(duration, '1h', 'How old a JWT may be, whatever its `exp` says.'),
  JWT_SCOPE_CLAIMS: setting(claims, 'scope,scp', 'Claims with scopes; the first that has one counts.'),
  JWT_ORGANIZATION_CLAIM: setting(text, 'org_id', "Claim with the organization's id, a UUID."),
  JWT_CUSTOMER_CLAIM: setting(text, 'customer_id', "Claim with the organization's customer number."),
  JWT_ACCESS_CLAIM: setting(text, 'access_id', 'Claim with the id of the access that signed in.'),
  JWT_TOKEN_CLAIM: setting(text, 'token_id', 'Claim with the id of the API token that the JWT was made from.'),
  SIGNING_KEYS_FILE: setting(
    text,
    undefined,
    'The file of the keys that exchanged JWTs are signed with. Left out: one in DATA_DIR with the development issuer, else none, and nothing is exchanged.',
  ),
  SIGNING_KEYS: setting(text, undefined, 'The same keys themselves instead of a file.'),
  ALLOWED_HOSTS: setting(
    hosts,
    undefined,
    'Hosts that requests may be for, beside HOST and localhost, separated by commas. Left out: none with the development issuer, else any.',
  ),
  ALLOWED_ORIGINS: setting(
    origins,
    '',
    'Origins whose pages may call the gateway, separated by commas. None: no page of another origin.',
  ),
  PUBLIC_URL: setting(
    origin,
    undefined,
    'Where clients reach the gateway: the issuer of its JWTs, and what its metadata begins with. Left out: where it listens.',
  ),
  SUBGRAPH: setting(flag, 'true', 'Whether the gateway answers as a federation subgraph at /subgraph.'),
  GRAPHIQL: setting(flag, undefined, 'Whether GraphiQL is served. Left out: with the development issuer only.'),
  OPEN_INTROSPECTION: setting(
    flag,
    undefined,
    'Whether introspection needs no `schema:read`. Left out: with the development issuer only.',
  ),
  MAX_BODY_BYTES: setting(integer(1_000, 100_000_000), '262144', 'Size of a request body at most.'),
  MAX_DOCUMENT_TOKENS: setting(integer(10, 1_000_000), '2000', 'Tokens in a document at most.'),
  MAX_DEPTH: setting(integer(1, 1_000), '15', 'Levels of fields in an operation at most.'),
  MAX_ALIASES: setting(integer(0, 10_000), '30', 'Aliases in an operation at most.'),
  MAX_ROOT_FIELDS: setting(integer(1, 10_000), '20', 'Root fields in a query at most.'),
  MAX_MUTATION_FIELDS: setting(integer(1, 10_000), '5', 'Root fields in a mutation at most.'),
  MAX_COST: setting(
    integer(1, 1_000_000_000),
    '250000',
    'Objects that an answer may hold, estimated before it is run.',
  ),
  MAX_ANSWER_BYTES: setting(
    integer(1_000, 1_000_000_000),
    '10000000',
    'Bytes that an answer may have, estimated before it is run.',
  ),
  MAX_WORK: setting(
    integer(1, 1_000_000_000),
    '1000000',
    'Rows that the statements of an operation may go through, estimated before it is run.',
  ),
  MAX_PAGE_SIZE: setting(integer(1, 100_000), '1000', 'What `limit`, `first`, `last` and lists of ids may be at most.'),
  TOKEN_DEFAULT_LIFETIME: setting(duration, '90d', 'How long an API token lives when its issuer names no end.'),
  TOKEN_MAX_LIFETIME: setting(duration, '365d', 'How long an API token may live at most.'),
  ROLE_ASSIGN_PERMISSION: setting(
    text,
    'iam.role.assign',
    'The permission by which an access may assign roles: no organization is left without one that holds it everywhere.',
  ),
  TOKEN_IDLE_LIFETIME: setting(
    durationFrom(3_600),
    undefined,
    'How long an API token may be unused before it stops, 1h at least. Left out: as long as it lives.',
  ),
  REQUEST_TIMEOUT: setting(timeout, '10s', 'How long an operation may run.'),
  KEEP_ALIVE_TIMEOUT: setting(
    timeout,
    '95s',
    'How long an idle connection is kept. Must be longer than the balancer in front keeps one.',
  ),
  DRAIN_DELAY: setting(
    timeoutFrom(0),
    undefined,
    'How long a gateway that is told to stop says "not ready" and answers on. Left out: 5s in production, else 0s.',
  ),
  DRAIN_TIMEOUT: setting(timeout, '20s', 'How long a stop may take: the delay, requests under way, the database.'),
  LOG_LEVEL: setting(
    z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'expected debug, info, warn, error or silent'),
    'info',
    'What is logged to standard error, as lines of JSON.',
  ),
} as const

type Settings = typeof settings
type Value<S> = S extends Setting<infer T, infer D> ? (D extends string ? T : T | null) : never
/** Settings that have neither a default nor a value are null. */
type Values = { readonly [K in keyof Settings]: Value<Settings[K]> }

/** The validated settings, by the names they have in the environment, and what follows from NODE_ENV. Frozen. */
export type Config = Omit<Values, 'DEMO_DATA' | 'GRAPHIQL' | 'OPEN_INTROSPECTION' | 'DRAIN_DELAY'> & {
  readonly DEMO_DATA: boolean
  readonly GRAPHIQL: boolean
  readonly OPEN_INTROSPECTION: boolean
  /** Seconds. */
  readonly DRAIN_DELAY: number
  readonly production: boolean
  /** Whether the gateway is its own JWT issuer, because it has been given no key. */
  readonly developmentIssuer: boolean
}

/**
 * Reads and validates all settings. An empty variable counts as left out.
 * Throws one StartupError (exit code 2) that lists every problem, a line each.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, { schema, default: fallback }] of Object.entries<Setting<unknown>>(settings)) {
    const given = environment[name] === '' ? undefined : environment[name]
    const written = given ?? fallback
    if (written === undefined) {
      values[name] = null
      continue
    }
    const parsed = schema.safeParse(written)
    if (parsed.success) values[name] = parsed.data
    else problems.push(`${name}: ${parsed.error.issues[0]?.message}${reveal(name, written)}`)
  }
  const read = values as Values
  problems.push(...contradictions(read))
  if (problems.length > 0) throw new StartupError(problems.join('\n'), 2)
  const production = read.NODE_ENV === 'production'
  // What is open for development is so where nobody but its own users can have a JWT.
  const developmentIssuer = read.JWKS_URI === null && read.JWT_KEY_FILE === null
  return Object.freeze({
    ...read,
    production,
    developmentIssuer,
    DEMO_DATA: (read.DEMO_DATA ?? developmentIssuer) && !production,
    GRAPHIQL: read.GRAPHIQL ?? developmentIssuer,
    OPEN_INTROSPECTION: read.OPEN_INTROSPECTION ?? developmentIssuer,
    DRAIN_DELAY: drainDelayOf(read),
  })
}

function drainDelayOf({ DRAIN_DELAY, NODE_ENV }: Values): number {
  return DRAIN_DELAY ?? (NODE_ENV === 'production' ? 5 : 0)
}

/** A setting that is there but malformed, and so undefined here, contradicts nothing. */
function contradictions(values: Values): string[] {
  const problems: string[] = []
  const foreignKeys = values.JWKS_URI !== null || values.JWT_KEY_FILE !== null
  if (values.JWKS_URI !== null && values.JWT_KEY_FILE !== null) {
    problems.push('JWKS_URI and JWT_KEY_FILE: expected one of them, received both')
  }
  const production = values.NODE_ENV === 'production'
  if (values.JWT_ISSUER === null && (foreignKeys || production)) {
    problems.push('JWT_ISSUER: expected the issuer of the JWTs, received none')
  }
  if (!foreignKeys && (values.JWT_ISSUER !== null || production)) {
    const where = production ? 'in production' : 'beside JWT_ISSUER'
    problems.push(`JWKS_URI: expected a key set (or JWT_KEY_FILE) ${where}, received none`)
  }
  if (values.DATABASE_URL === null && production) {
    problems.push(
      'DATABASE_URL: expected a PostgreSQL server in production, received none (the embedded database is for demos)',
    )
  }
  if (values.DATABASE_OWNER_URL !== null && values.DATABASE_URL === null) {
    problems.push('DATABASE_OWNER_URL: expected DATABASE_URL beside it (the embedded database has one user only)')
  }
  if (values.DATABASE_ROW_SECURITY && values.DATABASE_URL === null) {
    problems.push('DATABASE_ROW_SECURITY: expected DATABASE_URL beside it (the embedded database has one user only)')
  }
  if (values.DATABASE_ROW_SECURITY && values.DATABASE_READS === 'prisma') {
    problems.push('DATABASE_READS: expected pool beside DATABASE_ROW_SECURITY')
  }
  if (values.TOKEN_DEFAULT_LIFETIME > values.TOKEN_MAX_LIFETIME) {
    problems.push('TOKEN_DEFAULT_LIFETIME: expected no more than TOKEN_MAX_LIFETIME')
  }
  const ownKeys = values.SIGNING_KEYS_FILE !== null || values.SIGNING_KEYS !== null
  if (values.SIGNING_KEYS_FILE !== null && values.SIGNING_KEYS !== null) {
    problems.push('SIGNING_KEYS_FILE and SIGNING_KEYS: expected one of them, received both')
  }
  if (ownKeys && values.PUBLIC_URL === null) {
    problems.push('PUBLIC_URL: expected the issuer of the JWTs that are signed here, received none')
  }
  if (drainDelayOf(values) >= values.DRAIN_TIMEOUT) {
    problems.push(`DRAIN_TIMEOUT: expected more than DRAIN_DELAY, which is ${drainDelayOf(values)} s`)
  }
  return problems
}

/** Addresses may hold a password, and keys are secret. */
const neverShown: ReadonlySet<string> = new Set(['DATABASE_URL', 'DATABASE_OWNER_URL', 'JWKS_URI', 'SIGNING_KEYS'])

/** What came, for the message. */
function reveal(name: string, written: string): string {
  return neverShown.has(name) ? '' : `, received ${JSON.stringify(written)}`
}
