/** What the gateway serves beside its endpoint: health, readiness and GraphiQL. */
import { createGraphiql, type Graphiql, type GraphiqlOptions } from '../graphiql/page.ts'
import { isFromThisMachine } from './hosts.ts'
import { type HttpRequest, type HttpResponse, json } from './message.ts'

/** The parts of readiness, by name. */
export type Readiness = Readonly<Record<string, boolean>>

export interface RoutesOptions {
  readonly endpoint: string
  /** What `/ready` tells: 200 where everything is true, 503 otherwise. */
  readonly readiness: () => Promise<Readiness>
  /** Left out: there is no GraphiQL. */
  readonly graphiql?: Pick<GraphiqlOptions, 'tabs'> & {
    /** What stands in the headers editor of a page for somebody on this machine; nobody else is given anything. */
    readonly headers: () => Promise<Readonly<Record<string, string>>>
  }
}

/** The answer to a request that is not for the endpoint; undefined where it is none of the routes. */
export type Routes = (request: HttpRequest) => Promise<HttpResponse> | undefined

export const graphiqlPath = '/graphiql'

export function createRoutes({ endpoint, readiness, graphiql }: RoutesOptions): Routes {
  // Loaded when it is first asked for: it takes a third of a second and some 80 MB.
  let loaded: Promise<Graphiql> | undefined

  const serveGraphiql = async (
    request: HttpRequest,
    { tabs, headers }: NonNullable<typeof graphiql>,
  ): Promise<HttpResponse> => {
    const { path } = request
    loaded ??= createGraphiql({ endpoint, assetsPath: graphiqlPath, tabs }).catch((error: unknown) => {
      // The next request tries again.
      loaded = undefined
      throw error
    })
    const { page, asset } = await loaded
    if (path === graphiqlPath) return { status: 200, ...page(isFromThisMachine(request) ? await headers() : {}) }
    const file = await asset(path, request.header('accept-encoding'))
    return file === undefined ? { status: 404, headers: {}, body: null } : { status: 200, ...file }
  }

  return (request) => {
    const { path } = request
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    if (path === '/health') return Promise.resolve(json(200, { status: 'ok' }))
    if (path === '/ready') return readiness().then(readinessResponse)
    if (graphiql === undefined) return undefined
    if (path === graphiqlPath || path.startsWith(`${graphiqlPath}/`)) {
      return serveGraphiql(request, graphiql)
    }
    const wantsPage = request.header('accept')?.includes('text/html') === true
    if (wantsPage && (path === '/' || path === endpoint)) {
      return Promise.resolve({ status: 302, headers: { location: graphiqlPath }, body: null })
    }
    return undefined
  }
}

function readinessResponse(readiness: Readiness): HttpResponse {
  const ready = Object.values(readiness).every(Boolean)
  return json(ready ? 200 : 503, { ready, ...readiness }, ready ? {} : { 'retry-after': '1' })
}
