import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { createCli, type Running, warningsIn } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { createSigner, outOfReach, serving, startKeyServer } from '../support/jwks.ts'

const cli = createCli()
const jwtForm = /^[\w-]+\.[\w-]+\.[\w-]+\n$/

let folder: string
let gateway: Running
let url: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  gateway = cli.start(['start'], { DATA_DIR: folder })
  url = await addressOf(gateway)
}, 120_000)
afterAll(async () => {
  await cli.end()
  await rm(folder, { recursive: true })
})

async function addressOf(running: Running): Promise<string> {
  await running.until(/iam-graph is ready[\s\S]*\n\n$/)
  return (await running.until(/Endpoint {2}(http:\S+)\/graphql\n/))[1] ?? ''
}

const post = (jwt: string | undefined) => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
    ...(jwt === undefined ? {} : { authorization: `Bearer ${jwt}` }),
  },
})

async function ask(query: string, jwt?: string) {
  const response = await fetch(`${url}/graphql`, { ...post(jwt), body: JSON.stringify({ query }) })
  return { status: response.status, ...(await response.json()) }
}

/** The JWTs that were printed, by their titles. */
function demoJwts(): Record<string, string> {
  const printed = gateway.stdout.matchAll(/^ {2}(\w.*)\n {2}(eyJ\S+)$/gm)
  return Object.fromEntries([...printed].map(([, title, jwt]) => [title, jwt]))
}

describe('a first start', () => {
  it('prints where GraphiQL is, which database it uses and what that means', () => {
    expect(gateway.stdout).toContain(`  GraphiQL  ${url}/graphiql\n`)
    expect(gateway.stdout).toMatch(
      /Database {2}embedded PostgreSQL in \S+, for demos, development and tests: one connection, and a crash of the\n +machine may lose what was written last\. Set DATABASE_URL for a server\./,
    )
    expect(gateway.stdout).toMatch(/Applied \d+_init/)
    expect(gateway.stdout).toContain('Filled with demo data, because it was empty.')
  })

  it('prints demo JWTs that are valid for twelve hours', async () => {
    const jwts = demoJwts()
    expect(Object.keys(jwts)).toEqual([
      'Administrator of Lakeside Hosting',
      'Reader of Lakeside Hosting',
      'Reader of Agence Lumière',
      'Auditor of all organizations',
    ])
    const organizations: unknown[] = []
    for (const jwt of Object.values(jwts)) {
      const { exp = 0, iat = 0 } = decodeJwt(jwt)
      expect(exp - iat).toBe(12 * 60 * 60)
      const { status, data } = await ask('{ viewer { organization { customerId } } users { total } }', jwt)
      expect(status).toBe(200)
      expect(data.users.total).toBeGreaterThan(0)
      organizations.push(data.viewer.organization.customerId)
    }
    expect(organizations.slice(0, 3)).toEqual([1, 1, 2])
  })

  it('serves GraphiQL with the JWT of the administrator in it', async () => {
    const page = await (await fetch(`${url}/graphiql`)).text()
    const jwt = /Bearer (eyJ[\w-]+\.[\w-]+\.[\w-]+)/.exec(page)?.[1]
    expect(await ask('{ viewer { subject } }', jwt)).toMatchObject({ status: 200 })
  })

  it('answers no page whose name was made to lead here', async () => {
    const request = httpRequest(`${url}/graphiql`, { agent: false, headers: { host: 'evil.example' } }).end()
    const [response] = await once(request, 'response')
    expect(response.statusCode).toBe(421)
    expect((await response.toArray()).join('')).not.toContain('Bearer')
  })

  it('is healthy, ready, and closed to those without a credential', async () => {
    const health = await fetch(`${url}/health`)
    expect({ status: health.status, keepAlive: health.headers.get('keep-alive') }).toEqual({
      status: 200,
      keepAlive: 'timeout=95',
    })
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    expect(await ask('{ viewer { subject } }')).toMatchObject({ status: 401 })
  })
})

describe('a gateway', () => {
  it('outlives lists of which one item fails at once, and another one later', async () => {
    const reader = demoJwts()['Reader of Lakeside Hosting']
    const document = `{ accesses { results {
      ... on UiConnectionAccess { user { tokens(limit: 0) { total } } }
      ... on ApiConnectionAccess { tokens(limit: 0) { total } }
    } } }`
    for (let time = 0; time < 3; time += 1) {
      const { status, errors } = await ask(document, reader)
      expect({ status, code: errors[0].extensions.code }).toEqual({ status: 200, code: 'BAD_USER_INPUT' })
    }
    expect(await ask('{ users { total } }', reader)).toMatchObject({ status: 200, data: { users: {} } })
    expect((await fetch(`${url}/ready`)).status).toBe(200)
  })
})

describe('the log of a gateway', () => {
  it('has a line for each request, and none for probes', async () => {
    await ask(
      'query Whose($user: ID = "3f0c2a52-6b52-4c1e-9b55-0d6a2f1c7a11") { user(id: $user) { email } }',
      demoJwts()['Reader of Lakeside Hosting'],
    )
    await (await fetch(`${url}/health`)).text()
    await expect.poll(() => gateway.stderr).toContain('"name":"Whose"')
    const lines = gateway.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.find(({ operation }) => operation?.name === 'Whose')).toMatchObject({
      level: 30,
      msg: 'request',
      method: 'POST',
      path: '/graphql',
      operation: { type: 'query', name: 'Whose', hash: expect.stringMatching(/^[\da-f]{16}$/) },
      subject: expect.any(String),
      organization: expect.any(String),
      status: 200,
      code: null,
      statements: 1,
    })
    expect(lines.map(({ path }) => path)).not.toContain('/health')
    expect(gateway.stderr).not.toMatch(/3f0c2a52-6b52-4c1e-9b55-0d6a2f1c7a11|eyJ|@/)
  })
})

describe('token', () => {
  it('prints a JWT that the running gateway takes, and nothing else', async () => {
    const { userId: user, accessId } = demoCallers.otherReader
    const whose = ['--user', user, '--access', String(accessId)]
    const options = ['--customer', '2', '--scope', 'users:read  roles:read', ...whose]
    const { code, stdout, stderr } = await cli.run(['token', ...options], { DATA_DIR: folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(jwtForm)
    const { exp = 0, iat = 0, ...claims } = decodeJwt(stdout.trim())
    expect(claims).toMatchObject({ sub: user, customer_id: 2, access_id: accessId, scope: 'users:read roles:read' })
    expect(exp - iat).toBe(60 * 60)
    const { data } = await ask('{ viewer { subject scopes organization { customerId } } }', stdout.trim())
    expect(data.viewer).toEqual({
      subject: user,
      scopes: ['roles:read', 'users:read'],
      organization: { customerId: 2 },
    })
  })

  it('prints one that sees every organization, for as long as it is told', async () => {
    const { stdout } = await cli.run(['token', '--all-organizations', '--ttl', '90s'], { DATA_DIR: folder })
    const { exp = 0, iat = 0, scope } = decodeJwt(stdout.trim())
    expect({ lifetime: exp - iat, scope }).toEqual({ lifetime: 90, scope: 'organizations:all' })
    const { data } = await ask('{ viewer { organization { id } } }', stdout.trim())
    expect(data.viewer).toEqual({ organization: null })
  })
})

describe('a second process', () => {
  it('is refused the folder, in one line', async () => {
    const inUse = new RegExp(`^The data folder ${folder} is in use by process \\d+: stop it, .*\\n$`)
    const [start, seed] = await Promise.all([
      cli.run(['start'], { DATA_DIR: folder }),
      cli.run(['seed', '--users', '10'], { DATA_DIR: folder }),
    ])
    for (const refused of [start, seed]) {
      expect(refused).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(inUse) })
    }
  })
})

describe('a gateway that is told to stop', () => {
  it('lets the request under way end, and exits with 0', async () => {
    const body = JSON.stringify({ query: 'mutation { __typename }' })
    const jwt = demoJwts()['Administrator of Lakeside Hosting']
    const request = httpRequest(`${url}/graphql`, post(jwt))
    const answered = once(request, 'response')
    // Sent: a connection on which nothing comes is closed after a second.
    await new Promise((resolve) => request.write(body.slice(0, 10), resolve))
    await (await fetch(`${url}/health`)).text()
    gateway.signal('SIGTERM')
    // npm sends a Ctrl-C on that the terminal has sent already: two at once are one.
    gateway.signal('SIGINT')
    await expect
      .poll(() =>
        fetch(`${url}/health`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed')
    request.end(body.slice(10))
    expect((await answered)[0].statusCode).toBe(200)
    const ended = await gateway.ended()
    expect({ code: ended.code, warnings: warningsIn(ended) }).toEqual({ code: 0, warnings: [] })
    expect((await readdir(folder)).sort()).toEqual(['development-key.jwk', 'postgres', 'signing-keys.json'])
  })
})

describe('a second start', () => {
  it('keeps the data and the key, and is ended at once by a second signal', async () => {
    const jwt = demoJwts()['Administrator of Lakeside Hosting']
    gateway = cli.start([], { DATA_DIR: folder })
    url = await addressOf(gateway)
    expect(gateway.stdout).not.toMatch(/Applied|Filled/)
    expect(Object.keys(demoJwts())).toHaveLength(4)
    expect(await ask('{ viewer { organization { customerId } } }', jwt)).toMatchObject({
      data: { viewer: { organization: { customerId: 1 } } },
    })
    const request = httpRequest(`${url}/graphql`, post(jwt))
    request.on('error', () => {})
    request.write('{')
    await (await fetch(`${url}/health`)).text()
    const nagging = setInterval(() => gateway.signal('SIGTERM'), 100)
    const { code } = await gateway.ended()
    clearInterval(nagging)
    expect(code).toBe(1)
  }, 120_000)
})

describe('a port that is taken', () => {
  it('is refused in one line, and the database is left in order', async () => {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const refused = await cli.run(['start'], { DATA_DIR: folder, PORT: String(port) })
    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: `Port ${port} on 127.0.0.1 is taken: set PORT to another one, or to 0\n`,
    })
    server.close()
    expect((await readdir(folder)).sort()).toEqual(['development-key.jwk', 'postgres', 'signing-keys.json'])
  }, 120_000)
})

describe('a start without a key set', () => {
  it('says what is missing, and that the gateway is ready as soon as it is there', async () => {
    const keyServer = await startKeyServer(outOfReach)
    const signer = await createSigner('k1')
    const foreignIssuer = { JWKS_URI: keyServer.url, JWT_ISSUER: 'https://issuer.example' }
    gateway = cli.start(['start'], { DATA_DIR: join(folder, 'foreign'), ...foreignIssuer })
    await gateway.until(/^iam-graph is listening, but not ready: the key set can't be had: \S.*JWKS_URI.*\n\n/)
    const [, endpoint = ''] = await gateway.until(/Endpoint {2}(http:\S+)\/graphql\n/)
    expect((await fetch(`${endpoint}/ready`)).status).toBe(503)
    keyServer.answer = serving(signer.jwk)
    await expect.poll(() => gateway.stderr, { timeout: 20_000 }).toMatch(/"msg":"iam-graph is ready"/)
    expect((await fetch(`${endpoint}/ready`)).status).toBe(200)
    expect(gateway.stdout).not.toMatch(/is ready/)
    gateway.signal('SIGTERM')
    expect((await gateway.ended()).code).toBe(0)
    await keyServer.close()
  }, 120_000)
})

if (inject('templates').server !== null) {
  describe('a start on a PostgreSQL server', () => {
    it('does the same there', async () => {
      const database = await createTestDatabase()
      const DATABASE_URL = database.connection.connectionString ?? ''
      gateway = cli.start(['start'], { DATA_DIR: join(folder, 'other'), DATABASE_URL })
      url = await addressOf(gateway)
      expect(gateway.stdout).toContain('  Database  the PostgreSQL server of DATABASE_URL\n')
      expect(gateway.stdout).toContain('Filled with demo data, because it was empty.')
      const jwt = demoJwts()['Auditor of all organizations']
      expect(await ask('{ organizations: users { total } }', jwt)).toMatchObject({ status: 200 })
      gateway.signal('SIGTERM')
      const ended = await gateway.ended()
      expect({ code: ended.code, warnings: warningsIn(ended) }).toEqual({ code: 0, warnings: [] })
      await database.close()
    }, 120_000)
  })
}
