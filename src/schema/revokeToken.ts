/** Ends API tokens for good: by id, by secret, and where a secret has been found somewhere that it must not be. */
import { hashSecret, isWellFormedSecret } from '../auth/apiToken.ts'
import { tokenActions } from '../auth/tokenActions.ts'
import type { Context } from '../context.ts'
import { byteaText } from '../db/bytea.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { Token as TokenRow } from '../db/generated/prisma/client.ts'
import { everything } from '../db/rowSecurity.ts'
import { expected, Forbidden, InvalidInput, NotFound } from '../failures.ts'
import { missingToken, revocation } from '../revokedTokens.ts'
import { builder } from './builder.ts'
import { changedTokensOf, tokenStandings, tokenState } from './changedTokens.ts'
import { ForbiddenError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
import { notReached } from './mayIssue.ts'
import { batchField, changeEach, tokenIdOf, tokenIdsDescription } from './tokenBatch.ts'
import { changedTokenPayload } from './tokenPayload.ts'

const RevokeTokenInput = builder.inputType('RevokeTokenInput', {
  description: 'The token to be revoked: by its id, or by its secret.',
  isOneOf: true,
  fields: (t) => ({
    tokenId: t.id({
      scopes: tokenActions.revokeToken.scopes,
      description: 'Decimal digits: a token of the own user, or with tokens:manage of anybody.',
    }),
    secret: t.string({
      description:
        'Whoever has a secret may revoke it, whoever it belongs to in the organization. Send it as a variable.',
    }),
  }),
})

const RevokeTokenPayload = changedTokenPayload('RevokeTokenPayload', 'A token that is revoked.')

const RevokeTokenResult = builder.unionType('RevokeTokenResult', {
  description: 'What revoking a token can end in.',
  types: [RevokeTokenPayload, InvalidInputError, NotFoundError, ForbiddenError],
  resolveType: typeOfResult('RevokeTokenPayload'),
})

const ReportLeakedTokenPayload = builder.objectRef<{ readonly received: true }>('ReportLeakedTokenPayload').implement({
  description: 'A report was received. It is the same whatever the secret was.',
  fields: (t) => ({
    received: t.exposeBoolean('received', { description: 'True.' }),
  }),
})

const failures = [InvalidInput, NotFound, Forbidden]

builder.mutationFields((t) => ({
  revokeToken: t.field({
    type: RevokeTokenResult,
    scopes: [],
    description: 'Ends a token for good. A token that is revoked already stays as it is, and that is a success.',
    args: { input: t.arg({ type: RevokeTokenInput, required: true, description: 'The token.' }) },
    resolve: (_, { input: { tokenId, secret } }, context) =>
      expected(failures, context, async () => ({
        token:
          typeof secret === 'string' ? await bySecret(secret, context) : await byId(tokenIdOf(`${tokenId}`), context),
      })),
  }),
  revokeTokens: t.field({
    ...batchField,
    scopes: tokenActions.revokeToken.scopes,
    description: 'Ends tokens for good, each on its own, as revokeToken does.',
    args: { tokenIds: t.arg.idList({ required: true, description: tokenIdsDescription }) },
    resolve: (_, { tokenIds }, context) => changeEach(tokenIds, context, (id) => byId(id, context)),
  }),
  reportLeakedToken: t.field({
    type: ReportLeakedTokenPayload,
    scopes: [],
    description:
      'Tells of a secret that was found where it must not be. The token that has it, of whatever organization, is switched ' +
      'off at once. The answer is the same whether there is one or not. Send the secret as a variable.',
    args: { secret: t.arg.string({ required: true, description: 'What was found.' }) },
    async resolve(_, { secret }, context) {
      await expected([NotFound], context, () => report(secret, context))
      return { received: true } as const
    },
  }),
}))

function byId(id: number, context: Context): Promise<TokenRow> {
  const { revoked } = changedTokensOf(context.columns)
  return change<ChangedRow & TokenRow, TokenRow>(context, {
    ...revoking(context),
    kind: revoked,
    job: { changedTokenId: id },
    asked: { type: 'Token', id: String(id) },
    decide(standing) {
      const { state, isOwn } = tokenState(standing)
      return notReached('token', isOwn, context) ?? state !== 'revoked'
    },
  })
}

async function bySecret(secret: string, context: Context): Promise<TokenRow> {
  if (!isWellFormedSecret(secret)) throw new NotFound(missingToken)
  const { revokedBySecret } = changedTokensOf(context.columns)
  return change<ChangedRow & TokenRow, TokenRow>(context, {
    ...revoking(context),
    kind: revokedBySecret,
    job: { secretHash: byteaText(hashSecret(secret)) },
    asked: null,
    decide: (standing) => tokenState(standing).state !== 'revoked',
  })
}

function revoking({ now }: Context) {
  return {
    event: revocation(now),
    missing: missingToken,
    standings: tokenStandings,
    once: null,
    resultOf: (token: ChangedRow & TokenRow) => token,
  } as const
}

/** Malformed secrets never reach the database. Throws NotFound for those that no token has. */
async function report(secret: string, context: Context): Promise<void> {
  if (!isWellFormedSecret(secret)) return
  const { reported } = changedTokensOf(context.columns)
  await change<ChangedRow, void>(context, {
    kind: reported,
    sentFor: everything,
    event: {
      action: 'token.reportLeaked',
      targetType: 'Token',
      before: { deactivated: false },
      after: { deactivated: true },
    },
    job: { secretHash: byteaText(hashSecret(secret)), off: true },
    asked: null,
    missing: missingToken,
    standings: tokenStandings,
    decide: (standing) => tokenState(standing).state === 'active',
    once: null,
    resultOf: () => {},
  })
}
