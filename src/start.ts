/** Starts everything that a configuration asks for, and stops it again in the opposite order. */
import { type DemoCaller, demoCallers, demoExamples } from '../examples/data/demo/callers.ts'
import { fillIfEmpty } from '../examples/data/demo/demoData.ts'
import { allowedHostsOf, claimNamesOf, keptKeysOf, keysOf, limitsOf, policyOf } from './assemble.ts'
import { type DevelopmentIssuer, developmentLifetime, openDevelopmentIssuer } from './auth/developmentIssuer.ts'
import { makeKeysInFolder } from './auth/keptKeys.ts'
import { openSigner, type Signer } from './auth/signer.ts'
import type { Config } from './config.ts'
import { Prisma } from './db/generated/prisma/client.ts'
import { type Provisioned, provisionDatabase, startupFailure } from './db/provision.ts'
import { everything } from './db/rowSecurity.ts'
import { startSweeping } from './db/sweep.ts'
import { organizations } from './db/tables.ts'
import { createGateway, endpoint } from './gateway.ts'
import { exampleTabs, withFirstSteps } from './graphiql/examples.ts'
import { graphiqlPath } from './http/routes.ts'
import type { Observer } from './observer.ts'
import { watchReadiness } from './readiness.ts'
import { startServer } from './server.ts'

/** A demo caller with a JWT of its own. */
interface DemoJwt {
  readonly title: string
  readonly jwt: string
}

export interface Started {
  readonly url: string
  readonly endpoint: string
  /** Null where it is not served. */
  readonly graphiql: string | null
  readonly database: Provisioned['kind']
  readonly migrated: readonly string[]
  /** Whether the demo data was filled in just now. */
  readonly filled: boolean
  /** Whether there is no organization yet, and so nobody whose JWT is taken. */
  readonly empty: boolean
  /** Whether API tokens can be exchanged for JWTs: whether there are keys to sign them with. */
  readonly exchanges: boolean
  /** Null where the issuer is somebody else, or the demo data is not there. */
  readonly demoJwts: readonly DemoJwt[] | null
  /** Resolves with the reason where the embedded database ends by itself: the gateway is of no use from then on. */
  readonly databaseEnded: Promise<string>
  /** Waits until the gateway is ready, or for so many milliseconds; resolves to what it lacks then, a sentence each. */
  missing(patience: number): Promise<readonly string[]>
  /** Lets what is under way end, then closes the server and the database; resolves at DRAIN_TIMEOUT at the latest. */
  close(): Promise<Stopped>
}

export interface Stopped {
  /** Requests that had not ended and were cut off. */
  readonly cutOff: number
  /** Whether the database was closed in time. */
  readonly closed: boolean
}

/** Seconds of DRAIN_TIMEOUT that are kept for closing the database; half of it where that is less. */
const timeToClose = 2

/** Starts the gateway on its database. Rejects with StartupError, and leaves nothing open then. */
export async function start(config: Config, observer: Observer): Promise<Started> {
  const clock = () => new Date()
  const watch = watchReadiness()
  const observe: Observer = (observation) => {
    watch.note(observation)
    observer(observation)
  }
  const issuer = config.developmentIssuer
    ? await openDevelopmentIssuer({ folder: config.DATA_DIR, audience: config.JWT_AUDIENCE, clock })
    : null
  const keys = issuer?.keys ?? (await keysOf(config, clock, observe))
  const signer = await signerOf(config, clock, observe)
  const closeKeys = () => {
    keys.close()
    signer?.close()
  }
  const database = await provisionDatabase({
    url: config.DATABASE_URL,
    ownerUrl: config.DATABASE_OWNER_URL,
    folder: config.DATA_DIR,
    poolSize: config.DATABASE_POOL_SIZE,
    timeout: config.DATABASE_TIMEOUT,
    reads: config.DATABASE_READS,
    rowSecurity: config.DATABASE_ROW_SECURITY,
    observe,
    onWait: (what) => observe({ kind: 'startWaits', what }),
    fill: config.DEMO_DATA ? (client) => fillIfEmpty(client, clock()) : undefined,
  }).catch((error) => {
    closeKeys()
    throw error
  })
  if (config.production && database.trailIsOpen) observe({ kind: 'trailIsOpen' })
  try {
    const demo = issuer !== null && (await hasDemoData(database)) ? issuer : null
    const gateway = createGateway({
      database: database.database,
      callerConnections: config.CALLER_CONNECTIONS,
      keys,
      signer,
      jwt: {
        issuer: issuer?.issuer ?? (config.JWT_ISSUER as string),
        audience: config.JWT_AUDIENCE,
        type: issuer === null ? config.JWT_TYPE : 'at+jwt',
        maxAge: issuer === null ? config.JWT_MAX_AGE : developmentLifetime,
      },
      claimNames: claimNamesOf(config),
      policy: policyOf(config),
      limits: limitsOf(config),
      maxBodyBytes: config.MAX_BODY_BYTES,
      timeout: config.REQUEST_TIMEOUT,
      openIntrospection: config.OPEN_INTROSPECTION,
      allowedHosts: allowedHostsOf(config),
      allowedOrigins: config.ALLOWED_ORIGINS,
      publicUrl: () => config.PUBLIC_URL ?? server.url,
      subgraph: config.SUBGRAPH,
      ...(config.GRAPHIQL ? { graphiql: graphiqlOptions(demo) } : {}),
      clock,
      observe,
      without: config.EXECUTION_WITHOUT,
    })
    const stopTimeout = config.DRAIN_TIMEOUT
    const server = await startServer({
      gateway,
      host: config.HOST,
      port: config.PORT,
      observe,
      keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT,
      drainDelay: config.DRAIN_DELAY,
      drainTimeout: stopTimeout - Math.min(timeToClose, stopTimeout / 2),
    })
    const stopSweeping = startSweeping({
      database: database.database,
      clock,
      observe,
      tokenIdleLifetime: config.TOKEN_IDLE_LIFETIME,
    })
    return {
      url: server.url,
      endpoint: server.url + endpoint,
      graphiql: config.GRAPHIQL ? server.url + graphiqlPath : null,
      database: database.kind,
      migrated: database.migrated,
      filled: database.filled,
      empty: await isEmpty(database),
      exchanges: signer !== null,
      demoJwts: demo && (await Promise.all(Object.values(demoCallers).map((caller) => demoJwt(demo, caller)))),
      databaseEnded: database.ended,
      missing: (patience) => watch.missing(gateway.readiness, patience),
      async close() {
        watch.close()
        const deadline = performance.now() + stopTimeout * 1_000
        const cutOff = await server.close()
        closeKeys()
        const closing = Promise.all([gateway.settle(), stopSweeping()]).then(() => database.close())
        return { cutOff, closed: await endsBefore(deadline, closing) }
      },
    }
  } catch (error) {
    closeKeys()
    await database.close()
    throw startupFailure(database.kind, error)
  }
}

/** What JWTs are signed with; null where no keys are configured. Those for development are made where there are none. */
async function signerOf(config: Config, clock: () => Date, observe: Observer): Promise<Signer | null> {
  const kept = keptKeysOf(config)
  if (kept === null) return null
  if (kept.kind === 'file' && kept.setting === 'DATA_DIR') await makeKeysInFolder(config.DATA_DIR, clock())
  return openSigner({ kept, clock, observe })
}

/** Whether the work has ended at the deadline, a time of `performance.now()`. */
async function endsBefore(deadline: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), deadline - performance.now())
  })
  return Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer))
}

async function isEmpty({ database }: Provisioned): Promise<boolean> {
  const found = await database.read(
    Prisma.sql`SELECT ${organizations.id} FROM ${organizations.name} LIMIT 1`,
    everything,
  )
  return found.length === 0
}

async function hasDemoData({ database }: Provisioned): Promise<boolean> {
  const { organizationId } = demoCallers.administrator
  const found = await database.read(
    Prisma.sql`
    SELECT ${organizations.id} FROM ${organizations.name} WHERE ${organizations.id} = ${organizationId}::uuid`,
    everything,
  )
  return found.length > 0
}

async function demoJwt(issuer: DevelopmentIssuer, caller: DemoCaller): Promise<DemoJwt> {
  const claims = {
    sub: caller.userId,
    scope: caller.scopes.join(' '),
    customer_id: caller.customerId,
    access_id: caller.accessId,
  }
  return { title: caller.title, jwt: await issuer.sign(claims, developmentLifetime) }
}

/** The examples; with the demo data, each page has the administrator's JWT, made for it. */
function graphiqlOptions(demo: DevelopmentIssuer | null) {
  const { userId, accessId, tokenId } = demoExamples
  const tabs = exampleTabs({ userId, accessId: String(accessId), tokenId: String(tokenId) })
  return {
    tabs: demo === null ? withFirstSteps(tabs) : tabs,
    async headers(): Promise<Readonly<Record<string, string>>> {
      if (demo === null) return {}
      return { Authorization: `Bearer ${(await demoJwt(demo, demoCallers.administrator)).jwt}` }
    },
  }
}
