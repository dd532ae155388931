/** Token introspection (RFC 7662): whether a token works, and what it may do now. */

import type { AllowedScopes } from '../auth/allowedScopes.ts'
import { hashSecret, isWellFormedSecret } from '../auth/apiToken.ts'
import type { TokenUse } from '../auth/authenticate.ts'
import { checkEndpointScopes } from '../auth/endpointScopes.ts'
import { endOf } from '../auth/expiry.ts'
import type { ClaimNames } from '../auth/principal.ts'
import { carriedScopes } from '../auth/scopes.ts'
import type { Context } from '../context.ts'
import { byteaText } from '../db/bytea.ts'
import type { Token } from '../db/generated/prisma/client.ts'
import { accesses, tokens, users } from '../db/tables.ts'
import type { Entrance } from '../entrance.ts'
import type { ReadMembers } from '../links/columns.ts'
import { type LiveToken, liveToken } from '../rights.ts'
import { required } from './form.ts'
import { enterAsClient, type Operation } from './operation.ts'

export interface IntrospectionOptions {
  readonly entrance: Entrance
  /** Who issues API tokens: the gateway, by its address. */
  readonly issuer: () => string
  /** The `aud` of JWTs for the gateway. */
  readonly audience: string
  /** What JWTs name organizations, accesses and tokens by. */
  readonly claimNames: Pick<ClaimNames, 'organization' | 'access' | 'token'>
  /** Takes note of the use of an API token. It returns at once. */
  readonly noteUse: (use: TokenUse, now: number) => void
}

/** All that is said of a token that does not work, is not there, or is of another organization (section 2.2). */
const inactive = Object.freeze({ active: false })

const members: ReadMembers = new Map([
  [tokens.model, new Set(['accessId', 'scope', 'allowedScopes', 'createdAt', 'expiresAt', 'lastUsedAt'])],
  [accesses.model, new Set(['id', 'userId'])],
  [users.model, new Set(['email'])],
])

/** The endpoint: for callers with `tokens:introspect`, about tokens of organizations that they see. */
export function createIntrospection(options: IntrospectionOptions): Operation {
  return (asked) =>
    enterAsClient(options.entrance, asked, async ({ principal, within }) => {
      checkEndpointScopes(['tokens:introspect'], principal)
      const secret = required(asked.form, 'token')
      return within({ members, changes: false }, async (context) => {
        context.share.admit()
        return introspect(secret, context, options)
      })
    })
}

/** Malformed secrets never reach the database. The hash of 256 random bits is looked up in an index. */
async function introspect(secret: string, context: Context, options: IntrospectionOptions): Promise<object> {
  if (!isWellFormedSecret(secret)) return inactive
  const token = await context.loaders.rowBy(tokens, 'secretHash', byteaText(hashSecret(secret)))
  const live = token && (await liveToken(token.id, context))
  if (token === null || live?.status !== 'ACTIVE') return inactive
  options.noteUse(
    { tokenId: token.id, writtenAt: token.lastUsedAt?.getTime() ?? Number.NEGATIVE_INFINITY },
    context.now.getTime(),
  )
  return { ...(await described(live, context)), ...told(token, live, options) }
}

/** The user's login is a fact of the user. */
async function described({ access }: LiveToken, { principal, loaders }: Context): Promise<object> {
  if (!principal.scopes.has('users:read')) return {}
  const user = await loaders.row(users, access.userId)
  return user === null ? {} : { username: user.email }
}

function told(token: Token, live: LiveToken, { issuer, audience, claimNames }: IntrospectionOptions): object {
  const { generalScopes } = token.allowedScopes as unknown as AllowedScopes
  const { access, lastDay, organization, services } = live
  return {
    active: true,
    scope: [...new Set([...carriedScopes(token.scope), ...generalScopes])].join(' '),
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
    allowedScopes: { generalScopes, organizationScopes: organization, servicesScopes: services },
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000)
}
