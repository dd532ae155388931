/** Switches API tokens off and on again. Both are idempotent; a revoked token stays as it is. */
import { authorReads } from '../caller.ts'
import type { Context } from '../context.ts'
import { change } from '../db/change.ts'
import type { Token as TokenRow } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { Conflict, expected, InputCheck, InvalidInput, NotFound } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
import { reading } from '../links/columns.ts'
import { builder } from './builder.ts'
import { ConflictError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
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
const reads = [...authorReads, reading(tokens, 'deactivated', 'revokedAt')]

builder.mutationFields((t) => ({
  deactivateToken: t.field({
    type: DeactivateTokenResult,
    scopes: ['tokens:deactivate'],
    description: 'Switches a token off. A token that is off already stays as it is, and that is a success.',
    args: { tokenId: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    reads,
    resolve: (_, { tokenId }, context) => expected(failures, context, () => setDeactivated(tokenId, true, context)),
  }),
  reactivateToken: t.field({
    type: ReactivateTokenResult,
    scopes: ['tokens:deactivate'],
    description: 'Switches a token on again. A token that is on already stays as it is, and that is a success.',
    args: { tokenId: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    reads,
    resolve: (_, { tokenId }, context) => expected(failures, context, () => setDeactivated(tokenId, false, context)),
  }),
}))

async function setDeactivated(tokenId: string, deactivated: boolean, context: Context): Promise<ChangedToken> {
  const check = new InputCheck()
  const id = check.read(['tokenId'], () => integerIdOf('tokenId', tokenId)) as number
  check.finish()
  return change(context, async ({ transaction, author, lock }) => {
    const found = await lock(tokens, id, 'there is no such token')
    if (found.revokedAt !== null) throw new Conflict('the token is revoked, which is final')
    if (found.deactivated === deactivated) return { result: { token: found }, event: null }
    const { now } = context
    const changes = {
      deactivated,
      deactivatedUpdatedBy: author,
      deactivatedUpdatedOn: now,
      updatedBy: author,
      updatedAt: now,
    }
    const changed = await transaction.token.update({ where: { id }, data: changes, omit: { secretHash: true } })
    return {
      result: { token: changed as TokenRow },
      event: {
        organizationId: found.organizationId,
        action: deactivated ? 'token.deactivate' : 'token.reactivate',
        targetType: 'Token',
        targetId: String(id),
        before: { deactivated: found.deactivated },
        after: { deactivated },
      },
    }
  })
}
