/** Token introspection (RFC 7662): whether a token works, and what it may do now. */
import type { AllowedScopes } from '../auth/allowedScopes.ts'
import { isSecretLike } from '../auth/apiToken.ts'
import type { TokenUse } from '../auth/authenticate.ts'
import { checkEndpointScopes } from '../auth/endpointScopes.ts'
import { endOf } from '../auth/expiry.ts'
import { isInt4 } from '../auth/int4.ts'
import { JwtRefused, type VerifiedJwt } from '../auth/jwt.ts'
import { createOwnVerifier } from '../auth/ownIssuer.ts'
import type { ClaimNames } from '../auth/principal.ts'
import { carriedScopes } from '../auth/scopes.ts'
import type { Signer } from '../auth/signer.ts'
import { stopOf } from '../auth/token.ts'
import type { Context } from '../context.ts'
import type { Token } from '../db/generated/prisma/client.ts'
import type { Refusal } from '../db/refusals.ts'
import { accesses, tokens, users } from '../db/tables.ts'
import type { Entrance } from '../entrance.ts'
import type { ReadMembers } from '../links/columns.ts'
import { type LiveToken, liveToken } from '../rights.ts'
import { tokenBySecret } from '../tokenBySecret.ts'
import { required } from './form.ts'
import { enterAsClient, type Operation } from './operation.ts'

export interface IntrospectionOptions {
  readonly entrance: Entrance
  /** Who issues API tokens, and the JWTs that are made from them: the gateway, by its address. */
  readonly issuer: () => string
  /** The `aud` of JWTs for the gateway. */
  readonly audience: string
  /** What the gateway's own JWTs are signed with; null: it signs none. */
  readonly signer: Pick<Signer, 'resolve'> | null
  /** What JWTs name organizations, accesses and tokens by. */
  readonly claimNames: Pick<ClaimNames, 'organization' | 'access' | 'token'>
  /** Takes note of the use of an API token. It returns at once. */
  readonly noteUse: (use: TokenUse, now: number) => void
  /** Takes note of a token that does not work. It returns at once. */
  readonly noteRefusal: (refusal: Refusal) => void
}

/** All that is said of a token that does not work, is not there, or is of another organization (section 2.2). */
const inactive = Object.freeze({ active: false })

const members: ReadMembers = new Map([
  [
    tokens.model,
    new Set([
      ...['accessId', 'scope', 'allowedScopes', 'createdAt', 'lastUsedAt'],
      ...['revokedAt', 'expiresAt', 'idleSince', 'deactivated'],
    ]),
  ],
  [accesses.model, new Set(['id', 'userId'])],
  [users.model, new Set(['email'])],
])

/** The endpoint: for callers with `tokens:introspect`, about tokens of organizations that they see. */
export function createIntrospection(options: IntrospectionOptions): Operation {
  return (asked) =>
    enterAsClient(options.entrance, asked, async ({ principal, within }) => {
      checkEndpointScopes(['tokens:introspect'], principal)
      const token = required(asked.form, 'token')
      return within({ members, changes: false }, async (context) => {
        context.share.admit()
        return isSecretLike(token) ? ofSecret(token, context, options) : ofJwt(token, context, options)
      })
    })
}

async function ofSecret(secret: string, context: Context, options: IntrospectionOptions): Promise<object> {
  const token = await tokenBySecret(secret, context)
  const live = token && (await workingToken(token, context, options))
  if (token === null || live === null) return inactive
  const use = { tokenId: token.id, writtenAt: token.lastUsedAt?.getTime() ?? Number.NEGATIVE_INFINITY }
  options.noteUse(use, context.now.getTime())
  return { ...(await userOf(live, context)), ...claimsOf(token, live, options), ...rightsOf(token, live), active: true }
}

/** A JWT that was made from an API token works while that does, and says itself what it is. Those of others are not known. */
async function ofJwt(jwt: string, context: Context, options: IntrospectionOptions): Promise<object> {
  const { claimNames } = options
  const { claims } = (await verified(jwt, context, options)) ?? {}
  const tokenId = claims?.[claimNames.token]
  if (claims === undefined || !isInt4(tokenId)) return inactive
  const token = await context.loaders.row(tokens, tokenId)
  const live = token && (await workingToken(token, context, options))
  if (token === null || live === null) return inactive
  const type = { token_type: claims.cnf === undefined ? 'Bearer' : 'DPoP' }
  return { ...claims, ...type, ...(await userOf(live, context)), ...rightsOf(token, live), active: true }
}

/** Null where the token does not work: who sends its secret around is on record then, as where it is refused by the gateway. */
async function workingToken(
  token: Token,
  context: Context,
  { noteRefusal }: Pick<IntrospectionOptions, 'noteRefusal'>,
): Promise<LiveToken | null> {
  const { tokenTime, principal, requestId, now } = context
  const live = await liveToken(token.id, context)
  if (live === null) return null
  const stop = stopOf(token, { expiresAt: live.lastDay }, tokenTime)
  if (stop === null && live.status === 'ACTIVE') return live
  noteRefusal({
    action: 'token.introspect',
    outcome: 'REFUSED',
    reason: stop ?? live.status,
    target: { type: 'Token', id: String(token.id) },
    organizationId: token.organizationId,
    by: principal,
    requestId,
    at: now,
  })
  return null
}

/** Null where the gateway has not signed it, or its time is over. */
async function verified(
  jwt: string,
  { now }: Context,
  { signer, issuer }: IntrospectionOptions,
): Promise<VerifiedJwt | null> {
  if (signer === null) return null
  const verify = createOwnVerifier({ signer, issuer, audience: null, clock: () => now })
  try {
    return await verify(jwt)
  } catch (error) {
    if (error instanceof JwtRefused) return null
    throw error
  }
}

/** The user's login is a fact of the user, which takes the scope of reading those. */
async function userOf({ access }: LiveToken, { principal, loaders }: Context): Promise<object> {
  if (!principal.scopes.has('users:read')) return {}
  const user = await loaders.row(users, access.userId)
  return user === null ? {} : { username: user.email }
}

function claimsOf(
  token: Token,
  { access, lastDay, services }: LiveToken,
  { issuer, audience, claimNames }: IntrospectionOptions,
): object {
  return {
    scope: [...new Set([...carriedScopes(token.scope), ...generalScopesOf(token)])].join(' '),
    client_id: String(token.id),
    token_type: 'Bearer',
    exp: seconds(Math.min(token.expiresAt.getTime(), endOf(lastDay))),
    iat: seconds(token.createdAt.getTime()),
    sub: access.userId,
    aud: [audience, ...services.map(({ serviceDefinitionId }) => serviceDefinitionId)],
    iss: issuer(),
    jti: String(token.id),
    [claimNames.organization]: token.organizationId,
    [claimNames.access]: access.id,
    [claimNames.token]: token.id,
  }
}

/** In the form of the token documents; instead of "all" what the access holds, and of what is named only what it holds. */
function rightsOf(token: Token, { organization, services }: LiveToken): object {
  return {
    allowedScopes: {
      generalScopes: generalScopesOf(token),
      organizationScopes: organization,
      servicesScopes: services,
    },
  }
}

function generalScopesOf({ allowedScopes }: Token): readonly string[] {
  return (allowedScopes as unknown as AllowedScopes).generalScopes
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000)
}
