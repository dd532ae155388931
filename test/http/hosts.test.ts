import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowedHostsOf } from '../../src/assemble.ts'
import { readConfig } from '../../src/config.ts'
import { addressOf } from '../../src/http/address.ts'
import { hostnameOf, isFromThisMachine, isLoopback } from '../../src/http/hosts.ts'
import type { HttpRequest } from '../../src/http/message.ts'
import type { Server } from '../../src/server.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { serve } from '../support/server.ts'

const foreignIssuer = { JWKS_URI: 'https://issuer.example/jwks', JWT_ISSUER: 'https://issuer.example' }
const loopback = ['localhost', '127.0.0.1', '[::1]']

describe('the hosts that requests may be for', () => {
  it.each<[string, Record<string, string>, readonly string[] | null]>([
    ['the loopback interface and HOST with the development issuer', {}, [...loopback, '127.0.0.1']],
    ['HOST, an IPv6 address', { HOST: '2001:DB8::1' }, [...loopback, '[2001:db8::1]']],
    [
      'those that are added',
      { ALLOWED_HOSTS: 'Dev.Example,[2001:db8::2] bücher.example' },
      [...loopback, '127.0.0.1', 'dev.example', '[2001:db8::2]', 'xn--bcher-kva.example'],
    ],
    ['any with a foreign issuer', foreignIssuer, null],
    [
      'those that are named with a foreign issuer',
      { ...foreignIssuer, HOST: '10.0.0.1', ALLOWED_HOSTS: 'iam.example' },
      [...loopback, '10.0.0.1', 'iam.example'],
    ],
  ])('are %s', (_title, environment, hosts) => {
    expect(allowedHostsOf(readConfig(environment))).toEqual(hosts)
  })

  it.each([
    ['LocalHost:4000', 'localhost'],
    ['127.1', '127.0.0.1'],
    ['[0:0:0:0:0:0:0:1]:4000', '[::1]'],
    ['evil.example', 'evil.example'],
    ['localhost.', 'localhost.'],
    ['a b', undefined],
    ['', undefined],
  ])('are compared in one spelling: %s is %s', (host, name) => {
    expect(hostnameOf(host)).toBe(name)
  })
})

describe('an address of the loopback interface', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])('is %s', (address) => {
    expect(isLoopback(address)).toBe(true)
  })

  it.each([
    '10.0.0.1',
    '::',
    '0.0.0.0',
    '::ffff:10.0.0.1',
    '127.0.0.1.evil.example',
    '2001:db8::127.0.0.1',
    '',
    undefined,
  ])('is not %s', (address) => {
    expect(isLoopback(address)).toBe(false)
  })
})

describe('somebody on this machine', () => {
  const asked = (
    peers: HttpRequest['peers'],
    host: string | null = 'localhost:4000',
    headers: Readonly<Record<string, string>> = {},
  ): HttpRequest => ({
    method: 'GET',
    ...addressOf('/graphiql', host),
    peers,
    header: (name) => headers[name] ?? null,
    text: async () => '',
    isAbandoned: () => false,
    whenAbandoned: () => () => {},
  })
  const local = { remote: '127.0.0.1', local: '::ffff:127.0.0.1' }

  it('has the loopback interface at both ends, and asks for it', () => {
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:4000', '[::1]:4000']) {
      expect(isFromThisMachine(asked(local, host))).toBe(true)
    }
  })

  it.each<[string, HttpRequest]>([
    ['comes from elsewhere', asked({ ...local, remote: '10.0.0.2' })],
    ['came to another address', asked({ ...local, local: '10.0.0.1' })],
    ['has gone', asked({ remote: undefined, local: undefined })],
    ['has no connection', asked(null)],
    ['asks for another name', asked(local, 'dev.example')],
    ['asks for an address of the network', asked(local, '10.0.0.1:4000')],
    ['asks for all addresses', asked(local, '0.0.0.0:4000')],
    ['asks for nothing', asked(local, null)],
    ...['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'].map((name): [string, HttpRequest] => [
      `comes through a proxy that says so: ${name}`,
      asked(local, 'localhost', { [name]: '10.0.0.2' }),
    ]),
  ])('is nobody who %s', (_title, request) => {
    expect(isFromThisMachine(request)).toBe(false)
  })
})

describe('a gateway that is its own issuer', () => {
  const secret = 'Bearer of-the-administrator'
  let harness: Harness
  let server: Server
  beforeAll(async () => {
    const graphiql = { tabs: [], headers: async () => ({ Authorization: secret }) }
    const allowedHosts = allowedHostsOf(readConfig({ ALLOWED_HOSTS: 'dev.example' }))
    harness = await createHarness({}, { graphiql, allowedHosts })
    server = await serve(harness.gateway)
  })
  afterAll(async () => {
    await server.close()
    await harness.close()
  })

  const ask = async (host: string, path: string, method = 'GET') => {
    const headers = { host, 'content-type': 'application/json' }
    const request = httpRequest(server.url + path, { method, headers }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { status: response.statusCode, body: (await response.setEncoding('utf8').toArray()).join('') }
  }
  const foreign = ['evil.example', 'localhost.evil.example', 'localhost.', '10.0.0.1', 'evil.example:4000']

  it.each(foreign)('answers neither the endpoint nor GraphiQL for %s', async (host) => {
    for (const [path, method] of [
      ['/graphql', 'POST'],
      ['/graphql?query={__typename}', 'GET'],
      ['/graphql', 'OPTIONS'],
      ['/subgraph', 'POST'],
      ['/graphiql', 'GET'],
      ['/', 'GET'],
    ] as const) {
      const { status, body } = await ask(host, path, method)
      expect(status).toBe(421)
      expect(JSON.parse(body)).toEqual({
        errors: [
          {
            message: 'expected a request for localhost, HOST or one of ALLOWED_HOSTS, received one for another host',
            extensions: { code: 'MISDIRECTED_REQUEST' },
          },
        ],
      })
    }
  })

  it('answers them for the loopback interface and the hosts that are allowed', async () => {
    for (const host of ['localhost:4000', '127.0.0.1', '[::1]:80', 'DEV.example:8080']) {
      expect((await ask(host, '/graphql', 'POST')).status).toBe(400)
      expect((await ask(host, '/graphiql')).status).toBe(200)
    }
  })

  it('answers probes by whatever address they know', async () => {
    for (const host of foreign) expect((await ask(host, '/health')).status).toBe(200)
  })

  it('puts a JWT into the page of the loopback interface only', async () => {
    expect((await ask('localhost', '/graphiql')).body).toContain(secret)
    expect((await ask('dev.example', '/graphiql')).body).not.toContain(secret)
  })
})
