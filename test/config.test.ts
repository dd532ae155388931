import { describe, expect, it } from 'vitest'
import { readConfig, settings } from '../src/config.ts'
import { StartupError } from '../src/errors.ts'

type Environment = Readonly<Record<string, string>>

function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError)
    expect((error as StartupError).exitCode).toBe(2)
    return (error as StartupError).message.split('\n')
  }
}

const foreignIssuer = { JWKS_URI: 'https://issuer.example/jwks', JWT_ISSUER: 'https://issuer.example' }
const production = { ...foreignIssuer, NODE_ENV: 'production', DATABASE_URL: 'postgres://db.example/iam' }

describe('the address of the database', () => {
  const address = (query: string) => problemsOf({ DATABASE_URL: `postgres://ada:hunter2@db.example/iam?${query}` })

  it.each([
    'schema=public',
    'sslmode=verify-full&sslrootcert=/etc/ca.pem&application_name=iam&options=-c%20work_mem%3D64MB',
    'host=/run/postgresql',
  ])('may have parameters that are heeded: %s', (query) => {
    expect(address(query)).toEqual([])
  })

  it.each([
    ['schema=app', 'expected no schema but public, where the gateway has its tables: give it a database of its own'],
    ['connection_limit=5', 'expected no parameter "connection_limit": set DATABASE_POOL_SIZE'],
    ['sslmode=require&pool_timeout=5', 'expected no parameter "pool_timeout": set DATABASE_TIMEOUT'],
    ['statement_timeout=5', 'expected no parameter "statement_timeout": set DATABASE_TIMEOUT'],
    [
      'pgbouncer=true',
      'expected no parameter "pgbouncer": a pooler must pool sessions, not transactions, and then needs no parameter',
    ],
    ['sslaccept=strict', 'expected no parameter "sslaccept": set sslmode'],
    ['channel_binding=require', 'expected no parameter "channel_binding": it would have no effect: leave it out'],
    ['toString=1', 'expected no parameter "toString": it would have no effect: leave it out'],
    ['options=-csearch_path%3Dapp', 'expected options without search_path, which the gateway sets for itself'],
    ['options=-c+TimeZone%3DAsia/Tokyo', 'expected options without TimeZone, which the gateway sets for itself'],
  ])('has no parameter that would be ignored, and says what to do instead: %s', (query, problem) => {
    expect(address(query)).toEqual([`DATABASE_URL: ${problem}`])
  })
})

describe('the configuration', () => {
  it('is complete without a single variable, for development', () => {
    const config = readConfig({})
    expect(config).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 4000,
      DATA_DIR: '.data',
      DATABASE_URL: null,
      DATABASE_TIMEOUT: 5,
      JWT_MAX_AGE: 3_600,
      JWT_SCOPE_CLAIMS: ['scope', 'scp'],
      ALLOWED_ORIGINS: [],
      developmentIssuer: true,
      production: false,
      DEMO_DATA: true,
      GRAPHIQL: true,
      OPEN_INTROSPECTION: true,
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('has a value for every setting', () => {
    expect(Object.keys(readConfig({}))).toEqual(expect.arrayContaining(Object.keys(settings)))
  })

  it('takes an empty variable for one that is left out', () => {
    expect(readConfig({ PORT: '', JWKS_URI: '', GRAPHIQL: '' })).toEqual(readConfig({}))
  })

  it('closes in production what is open for development', () => {
    expect(readConfig(production)).toMatchObject({
      production: true,
      developmentIssuer: false,
      DEMO_DATA: false,
      GRAPHIQL: false,
      OPEN_INTROSPECTION: false,
    })
  })

  it('opens GraphiQL and introspection in production where it is told to, but never fills in demo data', () => {
    const opened = { ...production, GRAPHIQL: 'true', OPEN_INTROSPECTION: 'true', DEMO_DATA: 'true' }
    expect(readConfig(opened)).toMatchObject({ GRAPHIQL: true, OPEN_INTROSPECTION: true, DEMO_DATA: false })
  })

  it('goes on answering for a while when it is told to stop, in production, unless it is told otherwise', () => {
    expect(readConfig({}).DRAIN_DELAY).toBe(0)
    expect(readConfig(production).DRAIN_DELAY).toBe(5)
    expect(readConfig({ ...production, DRAIN_DELAY: '0s' }).DRAIN_DELAY).toBe(0)
  })

  it.each([foreignIssuer, { JWT_KEY_FILE: 'key.pem', JWT_ISSUER: 'me' }, { ...foreignIssuer, NODE_ENV: 'test' }])(
    'opens nothing for development where the JWTs are somebody else’s, whatever NODE_ENV is: %j',
    (environment) => {
      expect(readConfig(environment)).toMatchObject({ DEMO_DATA: false, GRAPHIQL: false, OPEN_INTROSPECTION: false })
    },
  )

  it.each(['DEMO_DATA', 'GRAPHIQL', 'OPEN_INTROSPECTION'])(
    'opens %s there where it is told to, and closes it',
    (name) => {
      expect(readConfig({ ...foreignIssuer, [name]: 'true' })).toMatchObject({ [name]: true })
      expect(readConfig({ [name]: 'false' })).toMatchObject({ [name]: false })
    },
  )

  it('trusts no key of its own where it was given one', () => {
    expect(readConfig(foreignIssuer).developmentIssuer).toBe(false)
    expect(readConfig({ JWT_KEY_FILE: 'key.pem', JWT_ISSUER: 'me' }).developmentIssuer).toBe(false)
  })
})

describe('a malformed setting', () => {
  it.each([
    [{ PORT: '65536' }, 'PORT: expected a whole number from 0 to 65535, received "65536"'],
    [{ PORT: ' 4000' }, 'PORT: expected a whole number, received " 4000"'],
    [{ PORT: '4e3' }, 'PORT: expected a whole number, received "4e3"'],
    [{ NODE_ENV: 'prod' }, 'NODE_ENV: expected development, production or test, received "prod"'],
    [{ GRAPHIQL: 'yes' }, 'GRAPHIQL: expected true or false, received "yes"'],
    [{ JWT_MAX_AGE: '1w' }, 'JWT_MAX_AGE: expected a duration such as 30s, 15m, 1h or 90d, received "1w"'],
    [{ JWT_MAX_AGE: '0s' }, 'JWT_MAX_AGE: expected a duration such as 30s, 15m, 1h or 90d, received "0s"'],
    [{ REQUEST_TIMEOUT: '25d' }, 'REQUEST_TIMEOUT: expected a duration of at most 1d, received "25d"'],
    [{ DATABASE_TIMEOUT: '999999d' }, 'DATABASE_TIMEOUT: expected a duration of at most 1d, received "999999d"'],
    [{ DRAIN_DELAY: '-1s' }, 'DRAIN_DELAY: expected a duration such as 30s, 15m, 1h or 90d, received "-1s"'],
    [{ DRAIN_DELAY: '25h' }, 'DRAIN_DELAY: expected a duration of at most 1d, received "25h"'],
    [{ DRAIN_TIMEOUT: '25h' }, 'DRAIN_TIMEOUT: expected a duration of at most 1d, received "25h"'],
    [{ JWT_SCOPE_CLAIMS: ', ,' }, 'JWT_SCOPE_CLAIMS: expected names of claims, separated by commas, received ", ,"'],
    [{ LOG_LEVEL: 'trace' }, 'LOG_LEVEL: expected debug, info, warn, error or silent, received "trace"'],
  ])('is refused with what was expected and what came: %j', (environment: Environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem])
  })

  it.each([
    [{ DATABASE_ROW_SECURITY: 'true' }, 'expected DATABASE_URL beside it'],
    [
      { DATABASE_ROW_SECURITY: 'true', DATABASE_URL: 'postgres://db.example/iam', DATABASE_READS: 'prisma' },
      'DATABASE_READS: expected pool beside DATABASE_ROW_SECURITY',
    ],
  ])('is refused where another one contradicts it: %j', (environment: Environment, problem) => {
    expect(problemsOf(environment).join()).toContain(problem)
  })

  it.each(['*', 'app.example.com', 'https://app.example.com/', 'https://a.example,nonsense', 'null'])(
    'is refused as an origin: %s',
    (origin) => {
      expect(problemsOf({ ALLOWED_ORIGINS: origin })).toEqual([
        `ALLOWED_ORIGINS: expected origins such as https://app.example.com, separated by commas, received "${origin}"`,
      ])
    },
  )

  it.each([
    '*',
    '*.example.com',
    'localhost:4000',
    'https://a.example',
    'a.example/graphql',
    '::1',
    'user@a.example',
    '[a',
  ])('is refused as a host: %s', (host) => {
    expect(problemsOf({ ALLOWED_HOSTS: host })).toEqual([
      `ALLOWED_HOSTS: expected hosts such as gateway.example.com, without ports, separated by commas, received "${host}"`,
    ])
  })

  it.each([
    'http://issuer.example/jwks',
    'ftp://issuer.example/jwks',
    'file:///etc/passwd',
    'issuer.example/jwks',
    'https://user:hunter2@issuer.example/jwks',
  ])('is refused as the address of a key set, and not repeated: %s', (uri) => {
    expect(problemsOf({ ...foreignIssuer, JWKS_URI: uri })).toEqual([
      'JWKS_URI: expected an https address without a password (http only on the loopback interface)',
    ])
  })

  it('is refused as the address of a database, and not repeated, for it may hold a password', () => {
    expect(problemsOf({ DATABASE_URL: 'mysql://root:hunter2@db.example' })).toEqual([
      'DATABASE_URL: expected an address that starts with postgres://',
    ])
  })
})

describe('settings', () => {
  it('are refused together, a line each', () => {
    const problems = problemsOf({ NODE_ENV: 'production', PORT: 'x', MAX_DEPTH: '0', TOKEN_DEFAULT_LIFETIME: '400d' })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'PORT',
      'MAX_DEPTH',
      'JWT_ISSUER',
      'JWKS_URI',
      'DATABASE_URL',
      'TOKEN_DEFAULT_LIFETIME',
    ])
  })

  it('contradict nothing where they are malformed themselves', () => {
    expect(problemsOf({ JWKS_URI: 'nonsense', JWT_ISSUER: 'https://issuer.example' })).toHaveLength(1)
  })

  it.each([
    [{ ...foreignIssuer, JWT_KEY_FILE: 'key.pem' }, 'JWKS_URI and JWT_KEY_FILE: expected one of them, received both'],
    [{ JWKS_URI: 'https://issuer.example' }, 'JWT_ISSUER: expected the issuer of the JWTs, received none'],
    [
      { JWT_ISSUER: 'https://issuer.example' },
      'JWKS_URI: expected a key set (or JWT_KEY_FILE) beside JWT_ISSUER, received none',
    ],
    [
      { TOKEN_DEFAULT_LIFETIME: '2d', TOKEN_MAX_LIFETIME: '1d' },
      'TOKEN_DEFAULT_LIFETIME: expected no more than TOKEN_MAX_LIFETIME',
    ],
    [
      { SIGNING_KEYS: 'secret', SIGNING_KEYS_FILE: 'keys.json', PUBLIC_URL: 'https://iam.example' },
      'SIGNING_KEYS_FILE and SIGNING_KEYS: expected one of them, received both',
    ],
    [
      { SIGNING_KEYS_FILE: 'keys.json' },
      'PUBLIC_URL: expected the issuer of the JWTs that are signed here, received none',
    ],
    [{ DRAIN_DELAY: '20s' }, 'DRAIN_TIMEOUT: expected more than DRAIN_DELAY, which is 20 s'],
    [{ ...production, DRAIN_TIMEOUT: '5s' }, 'DRAIN_TIMEOUT: expected more than DRAIN_DELAY, which is 5 s'],
  ])('that contradict each other are refused: %j', (environment: Environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem])
  })

  it('of the key set may name plain http on the loopback interface only', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(problemsOf({ ...foreignIssuer, JWKS_URI: `http://${host}:8080/jwks` })).toEqual([])
    }
  })
})
