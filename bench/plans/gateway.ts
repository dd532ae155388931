/** A gateway in this process, as production has it, and the callers that ask it. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { claimNamesOf, limitsOf, policyOf } from '../../src/assemble.ts'
import { fixedKeys } from '../../src/auth/keys.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import type { Read, Statement } from '../../src/db/read.ts'
import { createGateway } from '../../src/gateway.ts'
import type { Question } from './questions.ts'

export interface Answered {
  /** Milliseconds, from the request to its answer. */
  readonly duration: number
  /** The code of the first error; null where there was none. */
  readonly code: string | null
  /** What was read for it, in order. */
  readonly statements: readonly Statement[]
}

export interface Asked {
  /** Asks as the organization's caller; as one of all organizations where it is null. */
  ask(question: Question, organization: string | null): Promise<Answered>
  close(): Promise<void>
}

const issuer = 'https://issuer.example'

/** A gateway over the database, with its limits on costs out of the way: what a statement takes is the question. */
export async function openGateway(url: string): Promise<Asked> {
  const config = readConfig({
    DATABASE_URL: url,
    JWKS_URI: `${issuer}/jwks`,
    JWT_ISSUER: issuer,
    MAX_COST: '100000000',
    MAX_ANSWER_BYTES: '1000000000',
    MAX_WORK: '100000000',
    TOKEN_IDLE_LIFETIME: '90d',
  })
  const statements: Statement[] = []
  const database = openDatabase({
    connection: { connectionString: url },
    // One, so that each statement is sent by the same name from its second time on.
    poolSize: 1,
    timeout: config.DATABASE_TIMEOUT,
    reads: config.DATABASE_READS,
  })
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'plans', alg: 'ES256', use: 'sig' }
  const read: Read = (statement) => {
    statements.push(statement)
    return database.read(statement)
  }
  const gateway = createGateway({
    database: { ...database, read },
    keys: fixedKeys({ keys: [jwk] }),
    signer: null,
    jwt: { issuer, audience: config.JWT_AUDIENCE, type: config.JWT_TYPE, maxAge: config.JWT_MAX_AGE },
    claimNames: claimNamesOf(config),
    policy: policyOf(config),
    limits: limitsOf(config),
    maxBodyBytes: config.MAX_BODY_BYTES,
    timeout: config.REQUEST_TIMEOUT,
    openIntrospection: true,
    allowedHosts: null,
    callerConnections: null,
    allowedOrigins: [],
    publicUrl: () => 'http://gateway.example',
    subgraph: false,
    clock: () => new Date(),
    observe() {},
  })
  const scopes = 'users:read accesses:read roles:read tokens:read audit:read permissions:check'
  const sign = (organization: string | null) =>
    new SignJWT({
      sub: 'plans',
      client_id: 'plans',
      scope: organization === null ? `${scopes} organizations:all` : scopes,
      ...(organization === null ? {} : { org_id: organization }),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'plans' })
      .setIssuer(issuer)
      .setAudience(config.JWT_AUDIENCE)
      .setIssuedAt()
      .setExpirationTime('10m')
      .setJti('plans')
      .sign(privateKey)

  return {
    async ask({ document, variables }, organization) {
      const request = new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { authorization: `Bearer ${await sign(organization)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query: document, variables }),
      })
      statements.length = 0
      const started = performance.now()
      const response = await gateway.fetch(request)
      const { errors } = (await response.json()) as { errors?: readonly { extensions?: { code?: string } }[] }
      const duration = performance.now() - started
      return { duration, code: errors?.[0]?.extensions?.code ?? null, statements: [...statements] }
    },
    close: () => database.close(),
  }
}
