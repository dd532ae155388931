/** Issues an API token: checked against what its issuer holds, shown once, stored as a hash. */
import { dayOf } from '../auth/expiry.ts'
import { tokenActions } from '../auth/tokenActions.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { Token as TokenRow } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { expected } from '../failures.ts'
import { builder } from './builder.ts'
import { typeOfResult } from './failure.ts'
import { newSecret, type ShownSecret, shownAgain, shownFields } from './issuedSecret.ts'
import { concernsOf, holderOf, holderStandings, issuedTokens } from './issuedTokens.ts'
import { issuingErrors, issuingFailures } from './issuingFailures.ts'
import { againstPolicy, notReached, requireWithin } from './mayIssue.ts'
import { must } from './must.ts'
import { newToken } from './newToken.ts'
import { Token } from './token.ts'
import { askedOf, IssueTokenInput, readTokenRequest } from './tokenRequest.ts'

interface IssuedToken extends ShownSecret {
  readonly token: TokenRow
}

const IssueTokenPayload = builder.objectRef<IssuedToken>('IssueTokenPayload').implement({
  description: 'A token that was issued.',
  fields: (t) => ({
    token: t.field({ type: Token, description: 'The token.', resolve: ({ token }) => token }),
    secret: t.exposeString('secret', { nullable: true, description: shownFields.secret }),
    sealedSecret: t.exposeString('sealedSecret', { nullable: true, description: shownFields.sealedSecret }),
  }),
})

const IssueTokenResult = builder.unionType('IssueTokenResult', {
  description: 'What issuing a token can end in.',
  types: [IssueTokenPayload, ...issuingErrors],
  resolveType: typeOfResult('IssueTokenPayload'),
})

builder.mutationField('issueToken', (t) =>
  t.field({
    type: IssueTokenResult,
    scopes: tokenActions.issueToken.scopes,
    weighs: { documents: ['input.forOperations'] },
    description:
      'Issues an API token for an access: of the own user, or with tokens:manage of anybody. What it may do must be within ' +
      'what the caller may do.',
    args: { input: t.arg({ type: IssueTokenInput, required: true, description: 'The token to be issued.' }) },
    resolve: (_, { input }, context) => expected(issuingFailures, context, () => issueToken(input, context)),
  }),
)

async function issueToken(input: typeof IssueTokenInput.$inferInput, context: Context): Promise<IssuedToken> {
  const { request, sealTo } = await readTokenRequest(input, context)
  const { principal, visibility, now } = context
  const { shown, stored: secret } = await newSecret(sealTo)
  const { accessId, ...stored } = request
  const concerns = concernsOf(request)
  const { idempotencyKey: key } = input
  return change<ChangedRow<number>, IssuedToken>(context, {
    kind: issuedTokens,
    event: {
      action: 'token.issue',
      targetType: 'Token',
      before: null,
      after: { accessId, hint: secret.hint, ...stored },
    },
    job: {
      ...stored,
      ...concerns,
      ...secret,
      today: dayOf(now),
    },
    asked: { type: 'Access', id: String(accessId) },
    missing: 'there is no such access',
    standings: holderStandings,
    decide(standing) {
      const holder = holderOf(standing)
      return notReached('access', holder.isOwn, context) ?? againstPolicy(request.expiresAt, holder, context) ?? true
    },
    holding: {
      of: concerns.asksRoles
        ? JSON.stringify([principal.accessId, visibility, concerns.asksAll ? accessId : null])
        : null,
      check: (held) => requireWithin(request, held === null ? null : JSON.parse(held), context),
    },
    once:
      typeof key === 'string'
        ? {
            key,
            operation: 'issueToken',
            version: 1,
            asked: askedOf(input, request, sealTo),
            replay: async ({ tokenId, sealedSecret }) => {
              const token = await context.loaders.row(tokens, tokenId as number)
              return { token: must(token, 'token of an earlier request'), ...shownAgain({ sealedSecret }) }
            },
          }
        : null,
    resultOf: (row) => ({ token: newToken(request, row, { hint: secret.hint, now, rotatedFromId: null }), ...shown }),
  })
}
