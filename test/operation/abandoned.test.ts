import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { claimsOf, createHarness, type Harness } from '../support/harness.ts'

const { administrator } = demoCallers

/** What makes issuing the token Slow take two seconds and a half. */
const slow = [
  `CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN IF NEW.after->>'name' = 'Slow' THEN PERFORM pg_sleep(2.5); END IF; RETURN NEW; END $$`,
  'CREATE TRIGGER take_time BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION take_time()',
]

describe('a client that leaves', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
    for (const statement of slow) await harness.prisma.$executeRawUnsafe(statement)
  })
  afterAll(() => harness.close())

  const issue = (name: string) =>
    `issueToken(input: { accessId: "${administrator.accessId}", name: "${name}" }) { __typename }`
  const messageFor = async (name: string) => ({
    method: 'POST',
    headers: {
      authorization: `Bearer ${await harness.sign(claimsOf(administrator))}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query: `mutation { slow: ${issue('Slow')} last: ${issue(name)} }` }),
  })
  /** Milliseconds after which a request is in the middle of what is slow, and the rest of it, and more. */
  const [timeToBegin, timeToEnd] = [1_000, 3_000]
  const requestsObserved = () => harness.observed.filter(({ kind }) => kind === 'request')
  const tokensNamed = (...names: string[]) => harness.prisma.token.count({ where: { name: { in: names } } })

  it('has the change under way taken back and no other begun, by fetch', async () => {
    const leaving = new AbortController()
    const asked = harness.fetch('/graphql', { ...(await messageFor('By fetch')), signal: leaving.signal })
    await setTimeout(timeToBegin)
    leaving.abort()
    await asked.catch(() => {})
    expect(requestsObserved()).toMatchObject([{ status: null }])
    await setTimeout(timeToEnd)
    expect(await tokensNamed('Slow', 'By fetch')).toBe(0)
  })

  it('has the change under way taken back and no other begun, by node:http', async () => {
    const server = createServer((request, response) => void harness.gateway.listener(request, response))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { body, ...message } = await messageFor('By socket')
    const client = httpRequest({ ...message, port: (server.address() as AddressInfo).port, path: '/graphql' })
    client.on('error', () => {})
    client.end(body)
    await setTimeout(timeToBegin)
    client.destroy()
    await expect.poll(requestsObserved, { timeout: 20_000 }).toMatchObject([{}, { status: null }])
    await new Promise((closed) => server.close(closed))
    await setTimeout(timeToEnd)
    expect(await tokensNamed('Slow', 'By socket')).toBe(0)
  })

  it('leaves no listener behind on a connection that is used again', async () => {
    const server = createServer((request, response) => void harness.gateway.listener(request, response))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const listeners: number[] = []
    server.on('request', ({ socket }) => listeners.push(socket.listenerCount('close')))
    const { headers } = await messageFor('Again')
    for (let i = 0; i < 15; i++) {
      const { port } = server.address() as AddressInfo
      const body = JSON.stringify({ query: '{ viewer { subject } }' })
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body })
      await response.text()
    }
    expect(Math.max(...listeners)).toBe(listeners[0])
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
