/**
 * GraphiQL, served whole by the gateway: one small page and a handful of immutable files, under a policy that lets the
 * browser talk to nobody else.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createAsset, type SentFile } from './asset.ts'
import type { ExampleTab } from './examples.ts'

export interface GraphiqlOptions {
  /** Where GraphiQL sends its operations: an absolute path on the gateway, e.g. `/graphql`. */
  readonly endpoint: string
  /** The folder of the assets: an absolute path without a slash at its end, e.g. `/graphiql`. */
  readonly assetsPath: string
  readonly tabs: readonly ExampleTab[]
}

export interface Graphiql {
  /** The page, with what stands in the headers editor of every tab: a demo JWT in development. It is never stored. */
  page(headers: Readonly<Record<string, string>>): SentFile
  /** The asset of that path, or undefined where there is none: not ours, or of another release. */
  asset(path: string, acceptEncoding: string | null): Promise<SentFile> | undefined
}

/** Monaco sets styles through `<style>` elements and `style` attributes, so these stay open; scripts do not. */
const contentSecurityPolicy = [
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
].join('; ')

/** JSON that may stand inside any HTML or script element: nothing in it can close the element or end a line. */
export function htmlSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * Loads GraphiQL from its package and prepares the page. The package is 9 MB of source and is imported here, not with
 * the module, so a gateway without GraphiQL never pays for it.
 */
export async function createGraphiql(options: GraphiqlOptions): Promise<Graphiql> {
  const [bundle, bootScript, pageStyle, iconSvg] = await Promise.all([
    import('@graphql-yoga/render-graphiql/graphiql'),
    readFile(new URL('./boot.js', import.meta.url), 'utf8'),
    readFile(new URL('./page.css', import.meta.url), 'utf8'),
    readFile(new URL('./icon.svg', import.meta.url), 'utf8'),
  ])

  const script = (fileName: string, content: string) =>
    createAsset(options.assetsPath, fileName, 'text/javascript; charset=utf-8', content)
  const app = script('app.js', bundle.js)
  const boot = script('boot.js', bootScript)
  const editorWorker = script('editor.worker.js', bundle.editorWorkerService)
  const jsonWorker = script('json.worker.js', bundle.jsonWorker)
  const graphqlWorker = script('graphql.worker.js', bundle.graphqlWorker)
  const style = createAsset(options.assetsPath, 'style.css', 'text/css; charset=utf-8', `${bundle.css}\n${pageStyle}`)
  const icon = createAsset(options.assetsPath, 'icon.svg', 'image/svg+xml; charset=utf-8', iconSvg)

  const assets = [app, boot, editorWorker, jsonWorker, graphqlWorker, style, icon]
  const assetsByPath = new Map(assets.map((asset) => [asset.path, asset]))

  const files = { app: app.path, boot: boot.path, style: style.path, icon: icon.path }
  const config = {
    endpoint: options.endpoint,
    tabs: options.tabs.map(({ query, variables }) => ({ query, variables })),
    // Tells the browser that the examples are others than at its last visit.
    tabsHash: createHash('sha256').update(JSON.stringify(options.tabs)).digest('hex'),
    icon: icon.path,
    // The keys are the labels that Monaco asks for.
    workers: { editorWorkerService: editorWorker.path, json: jsonWorker.path, graphql: graphqlWorker.path },
  }

  return Object.freeze({
    page(headers: Readonly<Record<string, string>>) {
      return {
        headers: {
          'cache-control': 'no-store',
          'content-security-policy': contentSecurityPolicy,
          'content-type': 'text/html; charset=utf-8',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        },
        body: renderPage({ ...files, config: { ...config, headers } }),
      }
    },
    asset(path: string, acceptEncoding: string | null) {
      return assetsByPath.get(path)?.sent(acceptEncoding)
    },
  })
}

interface PageParts {
  readonly app: string
  readonly boot: string
  readonly style: string
  readonly icon: string
  readonly config: unknown
}

function renderPage({ app, boot, style, icon, config }: PageParts): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>iam-graph</title>
    <link rel="icon" type="image/svg+xml" href="${icon}">
    <link rel="stylesheet" href="${style}">
    <script type="application/json" id="config">${htmlSafeJson(config)}</script>
    <script defer src="${app}"></script>
    <script defer src="${boot}"></script>
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"><p class="opening">Opening GraphiQL…</p></div>
  </body>
</html>
`
}
