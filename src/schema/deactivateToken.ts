/** Switches API tokens off and on again. Both are idempotent; a revoked token stays as it is. */
import { dayOf } from '../auth/expiry.ts'
import { tokenActions } from '../auth/tokenActions.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { Token as TokenRow } from '../db/generated/prisma/client.ts'
import { Conflict, expected, Forbidden, InvalidInput, NotFound } from '../failures.ts'
import { builder } from './builder.ts'
import { changedTokensOf, standingToken, tokenStandings, tokenState } from './changedTokens.ts'
import { ConflictError, ForbiddenError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
import { issuingErrors, issuingFailures } from './issuingFailures.ts'
import { againstPolicy, notReached, requireWithin } from './mayIssue.ts'
import { batchField, changeEach, tokenIdOf, tokenIdsDescription } from './tokenBatch.ts'
import { changedTokenPayload } from './tokenPayload.ts'

const DeactivateTokenPayload = changedTokenPayload('DeactivateTokenPayload', 'A token that is switched off.')
const ReactivateTokenPayload = changedTokenPayload('ReactivateTokenPayload', 'A token that is switched on.')

const DeactivateTokenResult = builder.unionType('DeactivateTokenResult', {
  description: 'What deactivating a token can end in.',
  types: [DeactivateTokenPayload, InvalidInputError, NotFoundError, ForbiddenError, ConflictError],
  resolveType: typeOfResult('DeactivateTokenPayload'),
})

const ReactivateTokenResult = builder.unionType('ReactivateTokenResult', {
  description: 'What reactivating a token can end in.',
  types: [ReactivateTokenPayload, ...issuingErrors],
  resolveType: typeOfResult('ReactivateTokenPayload'),
})

const failuresOff = [InvalidInput, NotFound, Forbidden, Conflict]

builder.mutationFields((t) => ({
  deactivateToken: t.field({
    type: DeactivateTokenResult,
    scopes: tokenActions.deactivateToken.scopes,
    description:
      'Switches a token off: of the own user, or with tokens:manage of anybody. A token that is off already stays as it is, ' +
      'and that is a success.',
    args: { tokenId: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { tokenId }, context) =>
      expected(failuresOff, context, async () => ({ token: await switchOff(tokenIdOf(tokenId), context) })),
  }),
  deactivateTokens: t.field({
    ...batchField,
    scopes: tokenActions.deactivateToken.scopes,
    description: 'Switches tokens off, each on its own, as deactivateToken does.',
    args: { tokenIds: t.arg.idList({ required: true, description: tokenIdsDescription }) },
    resolve: (_, { tokenIds }, context) => changeEach(tokenIds, context, (id) => switchOff(id, context)),
  }),
  reactivateToken: t.field({
    type: ReactivateTokenResult,
    scopes: tokenActions.reactivateToken.scopes,
    description:
      'Switches a token on again, or one that has stopped because nobody used it. That is issuing it again: the caller must be ' +
      'able to issue it as it stands. A token that is on already stays as it is, and that is a success.',
    args: { tokenId: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { tokenId }, context) =>
      expected(issuingFailures, context, async () => ({ token: await switchOn(tokenIdOf(tokenId), context) })),
  }),
  reactivateTokens: t.field({
    ...batchField,
    scopes: tokenActions.reactivateToken.scopes,
    description: 'Switches tokens on again, each on its own, as reactivateToken does.',
    args: { tokenIds: t.arg.idList({ required: true, description: tokenIdsDescription }) },
    resolve: (_, { tokenIds }, context) => changeEach(tokenIds, context, (id) => switchOn(id, context)),
  }),
}))

function switchOff(id: number, context: Context): Promise<TokenRow> {
  const { switched } = changedTokensOf(context.columns)
  return change<ChangedRow & TokenRow, TokenRow>(context, { ...switching(id, true, context), kind: switched })
}

function switchOn(id: number, context: Context): Promise<TokenRow> {
  const { switchedOn } = changedTokensOf(context.columns)
  const { principal, visibility, now, tokenTime } = context
  const { job, ...wanted } = switching(id, false, context)
  return change<ChangedRow & TokenRow, TokenRow>(context, {
    ...wanted,
    kind: switchedOn,
    job: { ...job, today: dayOf(now), asksRoles: true, asksAll: true, idleBefore: tokenTime.idleBefore },
    holding: {
      of: JSON.stringify([principal.accessId, visibility, 'token', id]),
      async check(held) {
        const { token, holder, rights } = standingToken(held as string)
        const broken = againstPolicy(null, holder, context)
        if (broken !== null) throw broken()
        await requireWithin(token, rights, context)
      },
    },
  })
}

function switching(id: number, off: boolean, context: Context) {
  return {
    event: {
      action: off ? 'token.deactivate' : 'token.reactivate',
      targetType: 'Token',
      before: { deactivated: !off },
      after: { deactivated: off },
    },
    job: { changedTokenId: id, off },
    asked: { type: 'Token', id: String(id) },
    missing: 'there is no such token',
    standings: tokenStandings,
    decide(standing: string) {
      const { state, isOwn } = tokenState(standing)
      const failure = notReached('token', isOwn, context)
      if (failure !== null) return failure
      if (state === 'revoked') return () => new Conflict('the token is revoked, which is final')
      return off ? state !== 'deactivated' : state !== 'active'
    },
    once: null,
    resultOf: (token: ChangedRow & TokenRow) => token,
  } as const
}
