/** What the gateway serves beside its endpoint: health, readiness and GraphiQL. */
import { createGraphiql, type Graphiql, type GraphiqlOptions } from '../graphiql/page.ts'

/** The parts of readiness, by name. */
export type Readiness = Readonly<Record<string, boolean>>

export interface RoutesOptions {
  readonly endpoint: string
  /** What `/ready` tells: 200 where everything is true, 503 otherwise. */
  readonly readiness: () => Promise<Readiness>
  /** Left out: there is no GraphiQL. */
  readonly graphiql?: Pick<GraphiqlOptions, 'tabs'> & {
    /** What stands in the headers editor. */
    readonly headers: () => Promise<Readonly<Record<string, string>>>
  }
}

/** The answer to a request that is not for the endpoint; undefined where it is none of the routes. */
export type Routes = (request: Request, path: string) => Promise<Response> | undefined

export const graphiqlPath = '/graphiql'

export function createRoutes({ endpoint, readiness, graphiql }: RoutesOptions): Routes {
  // Loaded when it is first asked for: it takes a third of a second and some 80 MB.
  let loaded: Promise<Graphiql> | undefined

  const serveGraphiql = async (
    path: string,
    acceptEncoding: string | null,
    { tabs, headers }: NonNullable<typeof graphiql>,
  ) => {
    loaded ??= createGraphiql({ endpoint, assetsPath: graphiqlPath, tabs })
    const { page, asset } = await loaded
    if (path === graphiqlPath) return page(await headers())
    return (await asset(path, acceptEncoding)) ?? new Response(null, { status: 404 })
  }

  return (request, path) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    if (path === '/health') return Promise.resolve(Response.json({ status: 'ok' }))
    if (path === '/ready') return readiness().then(readinessResponse)
    if (graphiql === undefined) return undefined
    if (path === graphiqlPath || path.startsWith(`${graphiqlPath}/`)) {
      return serveGraphiql(path, request.headers.get('accept-encoding'), graphiql)
    }
    const wantsPage = request.headers.get('accept')?.includes('text/html') === true
    if (wantsPage && (path === '/' || path === endpoint)) {
      return Promise.resolve(new Response(null, { status: 302, headers: { Location: graphiqlPath } }))
    }
    return undefined
  }
}

function readinessResponse(readiness: Readiness): Response {
  const ready = Object.values(readiness).every(Boolean)
  return Response.json(
    { ready, ...readiness },
    { status: ready ? 200 : 503, headers: ready ? {} : { 'Retry-After': '1' } },
  )
}
