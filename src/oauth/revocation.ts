/** Token revocation (RFC 7009): whoever holds a token's secret may end the token, whoever it belongs to. */
import { hashSecret, isWellFormedSecret } from '../auth/apiToken.ts'
import type { Context } from '../context.ts'
import { byteaText } from '../db/bytea.ts'
import { type ChangedRow, change } from '../db/change.ts'
import { everything } from '../db/rowSecurity.ts'
import type { Entered, Entrance } from '../entrance.ts'
import { expected, NotFound } from '../failures.ts'
import { missingToken, revocation, revokedByHolder, tokenStates } from '../revokedTokens.ts'
import { required } from './form.ts'
import { OAuthError } from './oauthError.ts'
import { enterAsClient, type Operation } from './operation.ts'

/** What has the form of a JWT. */
const jwtForm = /^[\w-]+\.[\w-]+\.[\w-]+$/

const nothingRead = new Map()

/** The answer, whether there was such a token or not (section 2.2). */
const revoked = Object.freeze({})

/** The endpoint: for any client, and for those that are none. A client that says who it is must be that. */
export function createRevocation(entrance: Entrance): Operation {
  return (asked) => {
    const work = async ({ within }: Entered) => {
      const token = required(asked.form, 'token')
      if (jwtForm.test(token)) {
        throw new OAuthError(
          'unsupported_token_type',
          'a JWT is not revoked by itself: revoke the API token that it was made from',
        )
      }
      if (!isWellFormedSecret(token)) return revoked
      return within({ members: nothingRead, changes: true }, async (context) => {
        context.share.admit()
        await expected([NotFound], context, () => revoke(token, context))
        return revoked
      })
    }
    if (asked.client.kind === 'none') return entrance.enterUnknown(asked.arrival, work)
    return enterAsClient(entrance, asked, work)
  }
}

/** Throws NotFound where no token has the secret. */
function revoke(secret: string, context: Context): Promise<void> {
  return change<ChangedRow, void>(context, {
    kind: revokedByHolder,
    sentFor: everything,
    event: revocation(context.now),
    job: { secretHash: byteaText(hashSecret(secret)) },
    asked: null,
    missing: missingToken,
    standings: tokenStates,
    decide: (standing) => standing !== 'revoked',
    once: null,
    resultOf: () => {},
  })
}
