import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAsset, preferredEncoding, type SentFile } from '../../src/graphiql/asset.ts'
import { exampleTabs } from '../../src/graphiql/examples.ts'
import { createGraphiql, type Graphiql, htmlSafeJson } from '../../src/graphiql/page.ts'

const tabs = exampleTabs({ userId: 'a-user', accessId: 'an-access', tokenId: 'a-token' })
const options = { endpoint: '/graphql', assetsPath: '/graphiql', tabs }
const headers = { Authorization: 'Bearer demo' }

let graphiql: Graphiql
let html: string
/** Every path below `/graphiql/` that the page names. */
let paths: string[]

beforeAll(async () => {
  graphiql = await createGraphiql(options)
  html = textOf(graphiql.page(headers))
  paths = [...new Set(html.match(/\/graphiql\/[\w.]+/g))]
})

async function assetAt(path: string, acceptEncoding: string | null): Promise<SentFile> {
  const file = await graphiql.asset(path, acceptEncoding)
  if (file === undefined) throw new Error(`expected an asset at ${path}`)
  return file
}

const textOf = ({ body }: SentFile) => Buffer.from(body).toString()

function configOf(page: string): unknown {
  const json = /<script type="application\/json" id="config">(.*?)<\/script>/s.exec(page)?.[1]
  return JSON.parse(json ?? 'null')
}

describe('the page', () => {
  it('may load from the gateway only, and runs no inline script', () => {
    const policy = graphiql.page(headers).headers['content-security-policy']?.split('; ')
    expect(policy).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "connect-src 'self'",
      "img-src 'self' data:",
      "font-src 'self' data:",
      "worker-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ])
    const inlineScripts = [...html.matchAll(/<script(?![^>]*\ssrc=)([^>]*)>/g)].map((match) => match[1])
    expect(inlineScripts).toEqual([' type="application/json" id="config"'])
  })

  it('is never stored, for it carries the headers', () => {
    const page = graphiql.page(headers)
    expect(page.headers['cache-control']).toBe('no-store')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['referrer-policy']).toBe('no-referrer')
    expect(page.headers['x-content-type-options']).toBe('nosniff')
    expect(configOf(html)).toMatchObject({ endpoint: '/graphql', headers })
  })

  it('names only assets that are there', () => {
    expect(paths.map((path) => path.replace(/\.[0-9a-f]{16}\./, '.')).toSorted()).toEqual([
      '/graphiql/app.js',
      '/graphiql/boot.js',
      '/graphiql/editor.worker.js',
      '/graphiql/graphql.worker.js',
      '/graphiql/icon.svg',
      '/graphiql/json.worker.js',
      '/graphiql/style.css',
    ])
    for (const path of paths) expect(graphiql.asset(path, null)).toBeDefined()
  })

  it('survives a header that tries to close the script element', () => {
    const hostile = '</script><script>alert(1)</script><!-- \u2028\u2029 & "\\'
    const text = textOf(graphiql.page({ 'X-Hostile': hostile }))
    expect(text.match(/<script/g)).toHaveLength(3)
    expect(configOf(text)).toMatchObject({ headers: { 'X-Hostile': hostile } })
  })

  it('tells the browser of other examples, but not of other headers', async () => {
    const hashOf = (page: SentFile) => (configOf(textOf(page)) as { tabsHash: string }).tabsHash
    const hash = hashOf(graphiql.page(headers))
    const withoutTheFirst = await createGraphiql({ ...options, tabs: tabs.slice(1) })
    expect(hashOf(graphiql.page({}))).toBe(hash)
    expect(hashOf(withoutTheFirst.page(headers))).not.toBe(hash)
  })
})

describe('htmlSafeJson', () => {
  it('is JSON without a character that HTML or a line of script could stumble over', () => {
    expect(htmlSafeJson('<!--</script>&\u2028\u2029')).toBe('"\\u003c!--\\u003c/script\\u003e\\u0026\\u2028\\u2029"')
  })
})

describe('an asset', () => {
  it('is immutable under a name that carries the hash of its content', async () => {
    const one = createAsset('/graphiql', 'a.worker.js', 'text/javascript', 'one')
    const same = createAsset('/graphiql', 'a.worker.js', 'text/javascript', 'one')
    const two = createAsset('/graphiql', 'a.worker.js', 'text/javascript', 'two')
    expect(one.path).toMatch(/^\/graphiql\/a\.worker\.[0-9a-f]{16}\.js$/)
    expect(same.path).toBe(one.path)
    expect(two.path).not.toBe(one.path)
    const { headers } = await one.sent(null)
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['content-type']).toBe('text/javascript')
  })

  it('is the same file in every encoding', async () => {
    for (const path of paths) {
      const plain = await assetAt(path, null)
      const gzipped = await assetAt(path, 'gzip')
      const brotlied = await assetAt(path, 'gzip, deflate, br, zstd')
      expect(plain.headers['content-encoding']).toBeUndefined()
      expect(gzipped.headers['content-encoding']).toBe('gzip')
      expect(brotlied.headers['content-encoding']).toBe('br')
      for (const { headers } of [plain, gzipped, brotlied]) expect(headers.vary).toBe('Accept-Encoding')
      const content = Buffer.from(plain.body)
      expect(gunzipSync(gzipped.body).equals(content)).toBe(true)
      expect(brotliDecompressSync(brotlied.body).equals(content)).toBe(true)
    }
  })

  it('brings the whole of GraphiQL within 2.3 MB', async () => {
    const files = await Promise.all(paths.map((path) => assetAt(path, 'br')))
    const bytes = files.reduce((sum, { body }) => sum + body.length, 0)
    expect(bytes).toBeLessThan(2_300_000)
  })

  it('is undefined under any other name', () => {
    expect(graphiql.asset('/graphiql', null)).toBeUndefined()
    expect(graphiql.asset('/graphiql/app.js', null)).toBeUndefined()
    expect(graphiql.asset('/graphiql/app.0000000000000000.js', null)).toBeUndefined()
    expect(graphiql.asset('/graphiql/../package.json', null)).toBeUndefined()
    expect(graphiql.asset('/graphiql/__proto__', null)).toBeUndefined()
  })
})

describe('preferredEncoding', () => {
  it.each([
    [null, 'identity'],
    ['', 'identity'],
    ['deflate', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br; q=0.0, gzip; q=0', 'identity'],
    ['*', 'br'],
    ['*, br;q=0', 'gzip'],
    ['*;q=0', 'identity'],
    ['br;q=nonsense', 'identity'],
    [',;,;q', 'identity'],
  ])('for %j is %s', (acceptEncoding, encoding) => {
    expect(preferredEncoding(acceptEncoding)).toBe(encoding)
  })
})
