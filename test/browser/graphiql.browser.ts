import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page, Request } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoCallers, demoExamples } from '../../examples/data/demo/callers.ts'
import { readConfig } from '../../src/config.ts'
import { exampleTabs } from '../../src/graphiql/examples.ts'
import { type Started, start } from '../../src/start.ts'
import { launchBrowser } from '../support/browser.ts'

const tabNames = exampleTabs({ userId: '', accessId: '', tokenId: '' }).map(({ name }) => name)
const { administrator } = demoCallers

const patience = { timeout: 10_000 }

let browser: Browser
let context: BrowserContext
let dataFolder: string
let gateway: Started
/** Everything the browser asked for, and everything it complained about, since the test began. */
let requests: Request[]
let complaints: string[]

/** The gateway as `npm start` starts it, but for the settings. */
function startGateway(settings: Readonly<Record<string, string>> = {}): Promise<Started> {
  const config = readConfig({ PORT: '0', DATA_DIR: dataFolder, LOG_LEVEL: 'silent', ...settings })
  return start(config, () => {})
}

/** Stops the gateway and starts it again on its port. */
async function restartGateway(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const { port } = new URL(gateway.url)
  await gateway.close()
  gateway = await startGateway({ PORT: port, ...settings })
}

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'iam-graph-browser-'))
  gateway = await startGateway()
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.close()
  await rm(dataFolder, { recursive: true, force: true })
})

beforeEach(async () => {
  requests = []
  complaints = []
  context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
  context.on('request', (request) => requests.push(request))
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`)
    })
  })
})

afterEach(() => context.close())

async function openGraphiql(): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${gateway.url}/graphiql`)
  await page.locator('.graphiql-query-editor .view-lines').waitFor()
  return page
}

/** The titles of the tabs, from left to right. */
function tabTitles(page: Page): Promise<string[]> {
  return page.getByRole('tab').allInnerTexts()
}

async function openTab(page: Page, title: string): Promise<void> {
  await page.getByRole('tab').getByText(title, { exact: true }).click()
  await shownBy(page, 'Operation Editor').toContain(` ${title}`)
  // GraphiQL learns the operation's name a tenth of a second after the tab has opened, and runs by the old one until then.
  await page.waitForTimeout(500)
}

async function run(page: Page): Promise<void> {
  await page.locator('button.graphiql-execute-button').click()
}

type Editor = 'Operation Editor' | 'Variables' | 'Headers' | 'Result Window'

function linesOf(page: Page, editor: Editor) {
  return page.getByLabel(editor, { exact: true }).locator('.view-lines:visible')
}

/** What an editor shows, white space as single spaces: Monaco draws the lines in view, wrapped and indented. */
async function textOf(page: Page, editor: Editor): Promise<string> {
  return ((await linesOf(page, editor).textContent()) ?? '').replaceAll(/\s+/g, ' ')
}

/** The same, to be polled, for Monaco draws late. */
function shownBy(page: Page, editor: Editor) {
  return expect.poll(() => textOf(page, editor), patience)
}

/** The Authorization headers of the requests to the endpoint, each once. */
function credentials(): string[] {
  const sent = requests.filter((request) => request.url() === gateway.endpoint)
  return [...new Set(sent.map((request) => request.headers().authorization ?? 'none'))]
}

describe('GraphiQL in Chromium', () => {
  it('answers the first example at the press of the run button', async () => {
    const page = await openGraphiql()
    await run(page)
    await shownBy(page, 'Result Window').toContain(`"subject": "${administrator.userId}"`)
    expect(complaints).toEqual([])
  })

  it('walks from a user to the permissions of its roles, then issues an API token and deactivates it', async () => {
    const page = await openGraphiql()
    await openTab(page, 'OneUserToItsPermissions')
    await run(page)
    await shownBy(page, 'Result Window').toMatch(
      /"firstname": "Ada".+"role": { "id": "administrator".+"permissions": \[ { "id": "[a-z.-]+"/,
    )

    await openTab(page, 'IssueToken')
    await run(page)
    await shownBy(page, 'Result Window').toMatch(/"secret": "iamt_\w{49}".+"status": "ACTIVE"/)
    const tokenId = /"id": "(\d+)"/.exec(await textOf(page, 'Result Window'))?.[1] ?? ''

    await openTab(page, 'DeactivateToken')
    await page.getByRole('button', { name: 'Variables' }).click()
    await linesOf(page, 'Variables').getByText(`"${demoExamples.tokenId}"`).dblclick()
    await page.keyboard.type(tokenId)
    await shownBy(page, 'Variables').toBe(`{ "tokenId": "${tokenId}"}`)
    await run(page)
    await shownBy(page, 'Result Window').toMatch(
      new RegExp(`"id": "${tokenId}", "name": "issued from GraphiQL", "status": "DEACTIVATED"`),
    )
    expect(complaints).toEqual([])
  })

  it('has a tab named after each example, with its query, variables and headers', async () => {
    const page = await openGraphiql()
    expect(await tabTitles(page)).toEqual(tabNames)
    await shownBy(page, 'Operation Editor').toContain('query WhoAmI')
    await shownBy(page, 'Headers').toContain('"Authorization": "Bearer ey')

    await openTab(page, 'OneUserToItsPermissions')
    await shownBy(page, 'Operation Editor').toContain('query OneUserToItsPermissions')
    await shownBy(page, 'Headers').toContain('"Authorization": "Bearer ey')
    await page.getByRole('button', { name: 'Variables' }).click()
    await shownBy(page, 'Variables').toContain(`"userId": "${administrator.userId}"`)
    expect(complaints).toEqual([])
  })

  it('opens a tab by a click that moves, and leaves the tabs in their order', async () => {
    const page = await openGraphiql()
    const box = await page.getByRole('tab').getByText('SearchUsers', { exact: true }).boundingBox()
    if (box === null) throw new Error('expected the tab SearchUsers to be in view')
    await page.mouse.move(box.x + 20, box.y + 10)
    await page.mouse.down()
    await page.mouse.move(box.x + 40, box.y + 12, { steps: 10 })
    await page.mouse.up()
    await shownBy(page, 'Operation Editor').toContain('query SearchUsers')
    expect(await tabTitles(page)).toEqual(tabNames)
  })

  it('opens the documentation explorer, even where introspection needs a scope', async () => {
    await restartGateway({ OPEN_INTROSPECTION: 'false' })
    const page = await openGraphiql()
    await page.getByLabel('Show Documentation Explorer').click()
    await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).click()
    await page.getByText('Who the caller is').waitFor()
    expect(complaints).toEqual([])
  })

  it('asks nobody but the gateway, workers included', async () => {
    const page = await openGraphiql()
    await run(page)
    await shownBy(page, 'Result Window').toContain('"subject"')
    await expect.poll(() => page.workers().length, patience).toBe(3)
    const workers = page.workers().map((worker) => worker.url().replace(/\.[0-9a-f]{16}\./, '.'))
    expect(workers.toSorted()).toEqual([
      `${gateway.url}/graphiql/editor.worker.js`,
      `${gateway.url}/graphiql/graphql.worker.js`,
      `${gateway.url}/graphiql/json.worker.js`,
    ])
    const addresses = requests.map((request) => request.url()).filter((url) => !url.startsWith('data:'))
    expect([...new Set(addresses.map((url) => new URL(url).origin))]).toEqual([gateway.url])
  })

  it('keeps what was typed for the next visit, and takes the JWT of the new start', async () => {
    const first = await openGraphiql()
    await openTab(first, 'SearchUsers')
    await openTab(first, 'WhoAmI')
    await linesOf(first, 'Operation Editor').click()
    await first.keyboard.press('Control+Home')
    await first.keyboard.type('# mine ')
    const tabState = () => first.evaluate(() => localStorage.getItem('iam-graph:graphiql:tabState'))
    await expect.poll(tabState, patience).toContain('# mine ')
    expect(await first.evaluate(() => JSON.stringify(localStorage))).not.toContain('Bearer')
    await first.close()
    const [firstCredential = ''] = credentials()

    await rm(join(dataFolder, 'development-key.jwk'))
    await restartGateway()
    requests = []
    const second = await openGraphiql()
    expect(await tabTitles(second)).toEqual(tabNames)
    await shownBy(second, 'Operation Editor').toContain('# mine ')
    await run(second)
    await shownBy(second, 'Result Window').toContain(`"subject": "${administrator.userId}"`)
    await openTab(second, 'Tokens')
    await run(second)
    await shownBy(second, 'Result Window').toContain('"tokens"')
    expect(credentials()).toEqual([expect.stringMatching(/^Bearer ey/)])
    expect(credentials()).not.toContain(firstCredential)
    expect(complaints).toEqual([])
  })

  it('opens the examples afresh once they are others than at the last visit', async () => {
    const first = await openGraphiql()
    await first.evaluate(() => {
      localStorage.setItem('iam-graph:tabsHash', 'of other examples')
      localStorage.setItem(
        'iam-graph:graphiql:tabState',
        JSON.stringify({ activeTabIndex: 0, tabs: [{ id: '1', title: 'Stale', query: '{ stale }' }] }),
      )
    })
    await first.close()
    const second = await openGraphiql()
    expect(await tabTitles(second)).toEqual(tabNames)
    await shownBy(second, 'Operation Editor').toContain('query WhoAmI')
  })
})
