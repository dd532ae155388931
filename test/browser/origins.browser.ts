import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { type Started, start } from '../../src/start.ts'
import { launchBrowser } from '../support/browser.ts'

/** What the page about clients says of this. */
const page = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8')

let browser: Browser
let dataFolder: string
let gateway: Started
const servers: Server[] = []
/** Two origins with an empty page, of which the gateway allows one. */
let allowed: string
let other: string

async function servePage(): Promise<string> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'iam-graph-origins-'))
  allowed = await servePage()
  other = await servePage()
  const config = readConfig({ PORT: '0', DATA_DIR: dataFolder, ALLOWED_ORIGINS: allowed })
  gateway = await start(config, () => {})
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.close()
  for (const server of servers) server.close()
  await rm(dataFolder, { recursive: true, force: true })
})

/** What the page's script has of the answer, and what the browser's console says. */
async function askFrom(origin: string) {
  const page = await browser.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(origin)
  const answer = await page.evaluate(
    async ([url = '', jwt]) => {
      try {
        const headers = { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' }
        const body = JSON.stringify({ query: '{ users { total } }' })
        const response = await fetch(url, { method: 'POST', headers, body })
        return { requestId: response.headers.get('x-request-id'), ...(await response.json()) }
      } catch (error) {
        return String(error)
      }
    },
    [gateway.endpoint, gateway.demoJwts?.[0]?.jwt],
  )
  await page.close()
  return { answer, said: said.join('\n') }
}

describe('a page', () => {
  it('of an allowed origin reads the answer', async () => {
    const { answer } = await askFrom(allowed)
    expect(answer).toEqual({ requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), data: { users: { total: 30 } } })
  })

  it('of another origin gets nothing, and the console says why', async () => {
    const { answer, said } = await askFrom(other)
    expect(answer).toBe('TypeError: Failed to fetch')
    const [quoted] = /has been blocked by CORS policy: .*(?=`)/.exec(page) ?? []
    expect(said).toContain(quoted)
  })
})
