import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Gateway } from '../src/gateway.ts'
import type { Observation, Observer } from '../src/observer.ts'
import type { Server, ServerOptions } from '../src/server.ts'
import { createHarness, type Harness } from './support/harness.ts'
import { openConnection } from './support/rawConnection.ts'
import { serve } from './support/server.ts'

let harness: Harness
let jwt: string
const servers: Server[] = []
const agents: Agent[] = []

beforeAll(async () => {
  harness = await createHarness()
  jwt = await harness.sign({ customer_id: 1 })
})
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})
afterAll(() => harness.close())

async function start(options: Partial<ServerOptions> = {}): Promise<Server> {
  const server = await serve(harness.gateway, options)
  servers.push(server)
  return server
}

const body = JSON.stringify({ query: '{ viewer { subject } }' })

/** A request of which only half of the body has arrived at the server. */
async function beginRequest(server: Server, options: RequestOptions = {}) {
  const request = httpRequest(`${server.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${jwt}`, 'content-type': 'application/json', 'content-length': body.length },
    ...options,
  })
  const answered = new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    request.on('error', reject).on('response', async (response: IncomingMessage) => {
      const text = await response.setEncoding('utf8').toArray()
      resolve({ status: response.statusCode, text: text.join('') })
    })
  })
  answered.catch(() => {})
  request.write(body.slice(0, 10))
  // The server has taken the connection when it answers another one that came later.
  await (await fetch(`${server.url}/health`)).text()
  return { answered, finish: () => void request.end(body.slice(10)) }
}

const answer = { status: 200, text: '{"data":{"viewer":{"subject":"test"}}}' }

describe('a server', () => {
  // First: closing a server leaves its gateway, which all tests share, "not ready".
  it('is healthy and ready', async () => {
    const { url } = await start()
    const health = await fetch(`${url}/health`)
    expect({ status: health.status, body: await health.json() }).toEqual({ status: 200, body: { status: 'ok' } })
    const readiness = async () => {
      const ready = await fetch(`${url}/ready`)
      return { status: ready.status, ...(await ready.json()) }
    }
    const ready = { status: 200, ready: true, accepting: true, keys: true, database: true }
    await expect.poll(readiness, { timeout: 20_000 }).toEqual(ready)
    expect((await fetch(`${url}/ready`, { method: 'HEAD' })).status).toBe(200)
  })

  it('answers at its address, on the port that it was given or found', async () => {
    const server = await start()
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const headers = { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' }
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })
    expect({ status: response.status, text: await response.text() }).toEqual(answer)
  })

  it('writes an IPv6 address as a URL has it', async () => {
    expect((await start({ host: '::1' })).url).toMatch(/^http:\/\/\[::1\]:\d+$/)
  })

  it('is refused a port that is taken, in one line', async () => {
    const port = Number(new URL((await start()).url).port)
    const refused = start({ port })
    await expect(refused).rejects.toMatchObject({ name: 'StartupError', exitCode: 1 })
    await expect(refused).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken: set PORT to another one, or to 0`)
  })

  it('is refused an address that is not its own, in one line', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toThrow("The gateway can't listen on 192.0.2.1:0: EADDRNOTAVAIL")
  })

  it('answers what is no HTTP with 400, and goes on', async () => {
    const { url } = await start()
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('nonsense\r\n\r\n'))
    const [answer] = await once(socket.setEncoding('utf8'), 'data')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    socket.destroy()
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })
})

describe('a request on which the gateway throws', () => {
  const failing = async (listener: Gateway['listener']) => {
    const observed: Observation[] = []
    const observe: Observer = (observation) => void observed.push(observation)
    return { server: await start({ gateway: { ...harness.gateway, listener }, observe }), observed }
  }
  const error = new Error('boom')

  it.each<[string, Gateway['listener']]>([
    ['later', () => Promise.reject(error)],
    [
      'at once',
      () => {
        throw error
      },
    ],
  ])('is answered 500 under an id that the observer is told with the error: %s', async (_when, listener) => {
    const { server, observed } = await failing(listener)
    const response = await fetch(server.url, { headers: { 'x-request-id': 'r1' } })
    expect({ status: response.status, requestId: response.headers.get('x-request-id') }).toEqual({
      status: 500,
      requestId: 'r1',
    })
    expect(await response.json()).toEqual({
      errors: [
        { message: 'something unexpected happened', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r1' } },
      ],
    })
    expect(observed).toEqual([{ kind: 'unexpected', requestId: 'r1', error }])
  })

  it('has its connection broken where the answer had begun', async () => {
    const { server, observed } = await failing(async (_request, response) => {
      response.write('{"data":')
      throw error
    })
    await expect(fetch(server.url).then((response) => response.text())).rejects.toThrow('terminated')
    expect(observed).toEqual([{ kind: 'unexpected', requestId: expect.stringMatching(/^[\da-f-]{36}$/), error }])
  })
})

describe('a connection', () => {
  it('is kept for as long as it is told, and its clients know', async () => {
    const { url } = await start({ keepAliveTimeout: 1 })
    const connection = await openConnection(url)
    connection.ask('{ viewer { subject } }', jwt)
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nKeep-Alive: timeout=1\r\n/)
  })

  it('has ten seconds for the headers of a request, and may be idle for longer', async () => {
    const { url } = await start()
    const [idle, slow] = [await openConnection(url), await openConnection(url)]
    idle.ask('{ viewer { subject } }', jwt)
    await idle.answers(1)
    slow.socket.write('GET /health HTTP/1.1\r\nHost: gateway.example\r\n')
    expect(await slow.closed()).toMatch(/^HTTP\/1\.1 408 /)
    idle.ask('{ viewer { subject } }', jwt)
    expect((await idle.answers(2))[1]).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('a server that is closed', () => {
  it('lets a request under way end, takes no new connection, and says that it is not ready', async () => {
    const server = await start()
    const { answered, finish } = await beginRequest(server)
    let closed = false
    const closing = server.close().then(() => {
      closed = true
    })
    const state = () => fetch(`${server.url}/health`).catch(({ cause }) => cause.code)
    await expect.poll(state).toBe('ECONNREFUSED')
    const ready = await harness.fetch('/ready')
    expect({ status: ready.status, retryAfter: ready.headers.get('retry-after') }).toEqual({
      status: 503,
      retryAfter: '1',
    })
    expect(await ready.json()).toMatchObject({ ready: false, accepting: false })
    expect(closed).toBe(false)
    finish()
    expect(await answered).toEqual(answer)
    await closing
  })

  it('answers on for the delay, on old and on new connections, and says on each answer that it is the last', async () => {
    const server = await start({ drainDelay: 4 })
    const [idle, busy] = [await openConnection(server.url), await openConnection(server.url)]
    idle.ask('{ viewer { subject } }', jwt)
    await idle.answers(1)
    busy.socket.write('GET /health HTTP/1.1\r\nHost: gateway.example\r\n')
    const closing = server.close()
    const ready = await fetch(`${server.url}/ready`)
    expect({ status: ready.status, connection: ready.headers.get('connection') }).toEqual({
      status: 503,
      connection: 'close',
    })
    const fresh = await openConnection(server.url)
    fresh.ask('{ viewer { subject } }', jwt)
    idle.ask('{ viewer { subject } }', jwt)
    busy.socket.write('\r\n')
    const last = await Promise.all([fresh.closed(), idle.closed(), busy.closed()])
    for (const text of last) expect(text).toMatch(/HTTP\/1\.1 200 (?:(?!HTTP)[\s\S])*\r\nConnection: close\r\n/)
    expect(await closing).toBe(0)
  })

  it('answers all requests that came together', async () => {
    const server = await start({ drainDelay: 0.5 })
    const closing = server.close()
    const connection = await openConnection(server.url)
    connection.socket.cork()
    for (let i = 0; i < 3; i += 1) connection.ask('{ viewer { subject } }', jwt)
    connection.socket.uncork()
    const text = await connection.closed()
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(3)
    expect(text.match(/Connection: close/g)).toHaveLength(1)
    await closing
  })

  it('does nothing for a request that comes after the answer which is the last', async () => {
    const paths: (string | undefined)[] = []
    let end = () => {}
    const listener: Gateway['listener'] = async ({ url }, response) => {
      paths.push(url)
      end = () => void response.end('the end')
      if (url === '/slow') response.flushHeaders()
    }
    const server = await start({ gateway: { ...harness.gateway, listener }, drainDelay: 1 })
    const connection = await openConnection(server.url)
    const closing = server.close()
    connection.socket.write('GET /slow HTTP/1.1\r\nHost: gateway.example\r\n\r\n')
    expect(await connection.answers(1)).toEqual([expect.stringContaining('Connection: close')])
    connection.socket.write('GET /behind HTTP/1.1\r\nHost: gateway.example\r\n\r\n')
    await delay(50)
    end()
    expect(await connection.closed()).toMatch(/the end/)
    expect(paths).toEqual(['/slow'])
    await closing
  })

  it('sends an answer to its end, however slowly it is read', async () => {
    const size = 20_000_000
    const listener: Gateway['listener'] = async (_request, response) => void response.end(Buffer.alloc(size, 'x'))
    const server = await start({ gateway: { ...harness.gateway, listener } })
    const connection = await openConnection(server.url)
    connection.socket.write('GET / HTTP/1.1\r\nHost: gateway.example\r\n\r\n')
    await connection.answers(1)
    connection.socket.pause()
    const closing = server.close()
    await delay(50)
    connection.socket.resume()
    expect((await connection.closed()).length).toBeGreaterThan(size)
    await closing
  })

  it('waits for no connection on which nothing is under way: idle, becoming idle, or never used', async () => {
    const server = await start()
    const [idle, unused] = [await openConnection(server.url), await openConnection(server.url)]
    idle.ask('{ viewer { subject } }', jwt)
    await idle.answers(1)
    const busy = await beginRequest(server, { agent: new Agent({ keepAlive: true }) })
    const closing = server.close()
    busy.finish()
    await busy.answered
    await Promise.all([closing, idle.closed()])
    // Not even that it has sent its request too slowly.
    expect(await unused.closed()).toBe('')
  })

  it('answers the first request of a connection that was opened just before', async () => {
    const server = await start()
    const connection = await openConnection(server.url)
    const closing = server.close()
    await expect.poll(() => fetch(server.url).catch(({ cause }) => cause.code)).toBe('ECONNREFUSED')
    connection.ask('{ viewer { subject } }', jwt)
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 /)
    await closing
  })

  it('cuts off what has not ended at the deadline, and counts it', async () => {
    const server = await start({ drainTimeout: 0.2 })
    const { answered } = await beginRequest(server)
    expect(await server.close()).toBe(1)
    await expect(answered).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})
