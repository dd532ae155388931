/** Switches API tokens off and on again. Both are idempotent; a revoked token stays as it is. */
import { isVisible, visibilityOf } from '../auth/visibility.ts'
import { callingAuthor } from '../caller.ts'
import type { Context } from '../context.ts'
import { recordChange } from '../db/audit.ts'
import { Prisma, type Token as TokenRow } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { inTransaction } from '../db/transaction.ts'
import { integerIdOf } from '../ids.ts'
import { builder } from './builder.ts'
import {
  Conflict,
  ConflictError,
  expected,
  InputCheck,
  InvalidInput,
  InvalidInputError,
  NotFound,
  NotFoundError,
  typeOfResult,
} from './failure.ts'
import { Token } from './token.ts'

interface ChangedToken {
  readonly token: TokenRow
}

function payloadType(name: string, description: string) {
  return builder.objectRef<ChangedToken>(name).implement({
    description,
    fields: (t) => ({
      token: t.field({ type: Token, description: 'The token as it is now.', resolve: ({ token }) => token }),
    }),
  })
}

const DeactivateTokenPayload = payloadType('DeactivateTokenPayload', 'A token that is switched off.')
const ReactivateTokenPayload = payloadType('ReactivateTokenPayload', 'A token that is switched on.')

const DeactivateTokenResult = builder.unionType('DeactivateTokenResult', {
  description: 'What deactivating a token can end in.',
  types: [DeactivateTokenPayload, InvalidInputError, NotFoundError, ConflictError],
  resolveType: typeOfResult('DeactivateTokenPayload'),
})

const ReactivateTokenResult = builder.unionType('ReactivateTokenResult', {
  description: 'What reactivating a token can end in.',
  types: [ReactivateTokenPayload, InvalidInputError, NotFoundError, ConflictError],
  resolveType: typeOfResult('ReactivateTokenPayload'),
})

const failures = [InvalidInput, NotFound, Conflict]

builder.mutationFields((t) => ({
  deactivateToken: t.field({
    type: DeactivateTokenResult,
    scopes: ['tokens:deactivate'],
    description: 'Switches a token off. A token that is off already stays as it is, and that is a success.',
    args: { tokenId: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { tokenId }, context) => expected(failures, () => setDeactivated(tokenId, true, context)),
  }),
  reactivateToken: t.field({
    type: ReactivateTokenResult,
    scopes: ['tokens:deactivate'],
    description: 'Switches a token on again. A token that is on already stays as it is, and that is a success.',
    args: { tokenId: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { tokenId }, context) => expected(failures, () => setDeactivated(tokenId, false, context)),
  }),
}))

async function setDeactivated(tokenId: string, deactivated: boolean, context: Context): Promise<ChangedToken> {
  const check = new InputCheck()
  const id = check.read(['tokenId'], () => integerIdOf('tokenId', tokenId)) as number
  check.finish()
  const author = await callingAuthor(context)
  const token = await inTransaction(context.prisma, async (transaction) => {
    const [found] = await transaction.$queryRaw<TokenRow[]>`
      SELECT ${tokens.columns} FROM tokens
      WHERE ${tokens.id} = ${id} AND ${isVisible(visibilityOf(context.principal), tokens.organization)}
      FOR UPDATE`
    if (found === undefined) throw new NotFound('there is no such token')
    if (found.revokedAt !== null) throw new Conflict('the token is revoked, which is final')
    if (found.deactivated === deactivated) return found
    const now = context.clock()
    const by = author ?? Prisma.DbNull
    const changed = await transaction.token.update({
      where: { id },
      data: { deactivated, deactivatedUpdatedBy: by, deactivatedUpdatedOn: now, updatedBy: by, updatedAt: now },
    })
    await recordChange(transaction, {
      organizationId: found.organizationId,
      at: now,
      subject: context.principal.subject,
      actor: author,
      actorTokenId: context.principal.tokenId,
      action: deactivated ? 'token.deactivate' : 'token.reactivate',
      targetType: 'Token',
      targetId: String(id),
      before: { deactivated: found.deactivated },
      after: { deactivated },
      requestId: context.requestId,
    })
    return changed
  })
  context.loaders.token.clear(id).prime(id, token)
  return { token }
}
