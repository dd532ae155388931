import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Server, type ServerOptions, startServer } from '../src/server.ts'
import { createHarness, type Harness } from './support/harness.ts'

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
  const defaults = { gateway: harness.gateway, host: '127.0.0.1', port: 0, drainTimeout: 30 }
  const server = await startServer({ ...defaults, ...options })
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

describe('a server that is closed', () => {
  it('lets a request under way end, takes no new connection, and says that it is not ready', async () => {
    const server = await start()
    const { answered, finish } = await beginRequest(server)
    let closed = false
    const closing = server.close().then(() => {
      closed = true
    })
    await expect(fetch(`${server.url}/health`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
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

  it('waits neither for idle connections nor for those that become idle', async () => {
    const server = await start()
    const agent = new Agent({ keepAlive: true })
    agents.push(agent)
    const idle = await beginRequest(server, { agent })
    idle.finish()
    await idle.answered
    const busy = await beginRequest(server, { agent: new Agent({ keepAlive: true }) })
    const started = performance.now()
    const closing = server.close()
    busy.finish()
    await busy.answered
    await closing
    // Node keeps idle connections for five seconds.
    expect(performance.now() - started).toBeLessThan(4_000)
  })

  it('cuts off what has not ended at the deadline', async () => {
    const server = await start({ drainTimeout: 0.2 })
    const { answered } = await beginRequest(server)
    await server.close()
    await expect(answered).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})
