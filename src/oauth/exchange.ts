/** Token exchange (RFC 8693): an API token for a JWT (RFC 9068) that says what the token may do now. */
import { randomUUID } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { endOf } from '../auth/expiry.ts'
import type { ClaimNames } from '../auth/principal.ts'
import { type CheckProof, ProofRefused, type ProvenRequest } from '../auth/proof.ts'
import type { Signer } from '../auth/signer.ts'
import { longestLifetime } from '../auth/signingKeys.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import { accesses } from '../db/tables.ts'
import type { Entrance, Outcome } from '../entrance.ts'
import { Conflict, NotFound } from '../failures.ts'
import type { ReadMembers } from '../links/columns.ts'
import { type LiveToken, liveToken } from '../rights.ts'
import { rightsClaims } from './claims.ts'
import { exchangeable, exchangedTokens, standings } from './exchangedTokens.ts'
import { type ExchangeRequest, readExchange, scopesFor, type Target, targetOf } from './exchangeRequest.ts'
import { OAuthError } from './oauthError.ts'
import type { Operation } from './operation.ts'

export interface ExchangeOptions {
  readonly entrance: Entrance
  readonly signer: Pick<Signer, 'sign'>
  readonly checkProof: CheckProof
  /** Who issues JWTs: the gateway, by its address. */
  readonly issuer: () => string
  /** The `aud` of JWTs for the gateway. */
  readonly audience: string
  /** What JWTs name organizations, accesses and tokens by. */
  readonly claimNames: Pick<ClaimNames, 'organization' | 'access' | 'token'>
}

/** Characters of a JWT at most: servers, the gateway among them, take no larger headers. */
const longestJwt = 8 * 1024

const members: ReadMembers = new Map([[accesses.model, new Set(['id', 'userId'])]])

/** The grant. The token's secret is all that it takes: its holder is the client. */
export function createExchange(options: ExchangeOptions): Operation {
  return async ({ form, client, arrival, proven }) => {
    if (client.kind !== 'none')
      throw new OAuthError('invalid_client', 'expected no client authentication beside the API token')
    const request = readExchange(form)
    const authorization = `Bearer ${request.secret}`
    const shown = { ...arrival, authorization, purpose: 'token.exchange' } as const
    const outcome = await options.entrance.enter(shown, ({ within }) =>
      within({ members, changes: true }, async (context) => {
        context.share.admit()
        try {
          return await exchange(request, proven, context, options)
        } catch (error) {
          if (error instanceof OAuthError) noteRefusal(error, context)
          throw error
        }
      }),
    )
    return withOAuthError(outcome)
  }
}

/** A token that is not accepted is a wrong parameter here (section 2.2.2), and no wrong credential. */
function withOAuthError(outcome: Outcome<object>): Outcome<object> {
  if (outcome.executed) return outcome
  const [error] = outcome.errors
  if (error === undefined || error.extensions.invalidToken !== true) return outcome
  return { ...outcome, errors: [new OAuthError('invalid_request', error.message)] }
}

function noteRefusal({ error, message }: OAuthError, { principal, changes, requestId, now }: Context): void {
  changes.refusals.note({
    action: 'token.exchange',
    outcome: 'REFUSED',
    reason: error,
    detail: { description: message },
    target: { type: 'Token', id: String(principal.tokenId) },
    organizationId: principal.organizationId,
    by: principal,
    requestId,
    at: now,
  })
}

async function exchange(
  request: ExchangeRequest,
  proven: ProvenRequest,
  context: Context,
  options: ExchangeOptions,
): Promise<object> {
  const { principal, now } = context
  const { audience, issuer, signer } = options
  const live = principal.tokenId === null ? null : await liveToken(principal.tokenId, context)
  if (live === null || live.status !== 'ACTIVE') throw notExchangeable()
  const { generalScopes } = live.allowedScopes
  const target = targetOf(request, live.allowedScopes, { audience, publicUrl: issuer() })
  const scopes = scopesFor(request.scopes, target, { carried: principal.scopes, generalScopes })
  const rights = rightsFor(target, live)
  const jkt = proven.proof === null ? null : await provenKey(proven, options)
  const issuedAt = seconds(now.getTime())
  const end = Math.min(
    now.getTime() + longestLifetime * 1_000,
    live.expiresAt.getTime(),
    endOf(live.lastDay),
    rolesEndOf(rights, live),
  )
  const expiresAt = seconds(end)
  if (expiresAt <= issuedAt) throw notExchangeable()
  const claims = {
    iss: issuer(),
    aud: target.audience,
    sub: principal.subject,
    client_id: String(principal.tokenId),
    jti: randomUUID(),
    iat: issuedAt,
    exp: expiresAt,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    [options.claimNames.organization]: principal.organizationId,
    [options.claimNames.access]: principal.accessId,
    [options.claimNames.token]: principal.tokenId,
    ...rights,
    ...(jkt === null ? {} : { cnf: { jkt } }),
  } satisfies JWTPayload
  const jwt = await signer.sign(claims, 'at+jwt')
  if (jwt.length > longestJwt) {
    throw new OAuthError(
      'invalid_target',
      `the JWT would have more than ${longestJwt} characters: issue a token that keeps fewer rights in it`,
    )
  }
  await record(claims, jkt, context)
  return {
    access_token: jwt,
    issued_token_type: request.issuedType,
    token_type: jkt === null ? 'Bearer' : 'DPoP',
    expires_in: expiresAt - issuedAt,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  }
}

function notExchangeable(): OAuthError {
  return new OAuthError('invalid_request', 'the API token does not work any more')
}

/** What the token keeps for the target, of what it may do there now. */
function rightsFor({ serviceDefinitionId }: Target, { allowedScopes, organization, services }: LiveToken): object {
  const isTarget = (service: { readonly serviceDefinitionId: string }) =>
    service.serviceDefinitionId === serviceDefinitionId
  const granted =
    serviceDefinitionId === null ? allowedScopes.organizationScopes : allowedScopes.servicesScopes.find(isTarget)
  const live = serviceDefinitionId === null ? organization : services.find(isTarget)
  return granted && live ? rightsClaims(live, granted.keptInToken) : {}
}

/** When the first of the roles ends that something of it may come from: what ends sooner than the JWT would be in it for too long. */
function rolesEndOf(rights: object, { rolesEnd }: LiveToken): number {
  return Object.keys(rights).length === 0 ? Number.POSITIVE_INFINITY : rolesEnd
}

async function provenKey(proven: ProvenRequest, { checkProof }: ExchangeOptions): Promise<string> {
  try {
    return await checkProof(proven, null)
  } catch (error) {
    if (error instanceof ProofRefused) throw new OAuthError('invalid_dpop_proof', error.message)
    throw error
  }
}

/** The event of the exchange, which is not made where the token has been stopped meanwhile. */
async function record(claims: JWTPayload, jkt: string | null, context: Context): Promise<void> {
  const { jti, aud, scope, exp } = claims
  const { principal } = context
  try {
    await change<ChangedRow, void>(context, {
      kind: exchangedTokens,
      event: {
        action: 'token.exchange',
        targetType: 'Token',
        before: null,
        after: { jti, audience: aud, scope: scope ?? '', expiresAt: new Date(Number(exp) * 1_000), jkt },
      },
      job: { exchangedTokenId: principal.tokenId },
      // The refusal is that of the exchange.
      asked: null,
      missing: 'there is no such token',
      standings,
      decide: (standing) => standing === exchangeable || (() => new Conflict('the token has been stopped')),
      once: null,
      resultOf: () => {},
    })
  } catch (error) {
    if (error instanceof Conflict || error instanceof NotFound) throw notExchangeable()
    throw error
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000)
}
