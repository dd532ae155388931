/** Switches API tokens off and on again. Both are idempotent; a revoked token stays as it is. */
import { tokenActions } from '../auth/tokenActions.ts'
import { isVisibleTo } from '../auth/visibility.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import { job, type Kind } from '../db/changeStatement.ts'
import { Prisma, type Token as TokenRow } from '../db/generated/prisma/client.ts'
import { tokens } from '../db/tables.ts'
import { Conflict, expected, InputCheck, InvalidInput, NotFound } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
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

builder.mutationFields((t) => ({
  deactivateToken: t.field({
    type: DeactivateTokenResult,
    scopes: tokenActions.deactivateToken.scopes,
    description: 'Switches a token off. A token that is off already stays as it is, and that is a success.',
    args: { tokenId: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { tokenId }, context) => expected(failures, context, () => setDeactivated(tokenId, true, context)),
  }),
  reactivateToken: t.field({
    type: ReactivateTokenResult,
    scopes: tokenActions.reactivateToken.scopes,
    description: 'Switches a token on again. A token that is on already stays as it is, and that is a success.',
    args: { tokenId: t.arg.id({ required: true, description: 'Decimal digits.' }) },
    resolve: (_, { tokenId }, context) => expected(failures, context, () => setDeactivated(tokenId, false, context)),
  }),
}))

async function setDeactivated(tokenId: string, deactivated: boolean, context: Context): Promise<ChangedToken> {
  const check = new InputCheck()
  const id = check.read(['tokenId'], () => integerIdOf('tokenId', tokenId)) as number
  check.finish()
  return change<ChangedRow & TokenRow, ChangedToken>(context, {
    kind: switchedTokens(context),
    event: {
      action: deactivated ? 'token.deactivate' : 'token.reactivate',
      targetType: 'Token',
      before: { deactivated: !deactivated },
      after: { deactivated },
    },
    job: { switchedId: id, off: deactivated },
    missing: 'there is no such token',
    standings: ['revoked', 'deactivated', 'active'],
    decide(standing) {
      if (standing === 'revoked') return () => new Conflict('the token is revoked, which is final')
      return (standing === 'deactivated') !== deactivated
    },
    once: null,
    resultOf: (token) => ({ token }),
  })
}

/** How the database switches tokens. */
function switchedTokens({ columns }: Context): Kind {
  const { name, id, column } = tokens
  return {
    merges: false,
    columns: Prisma.sql`"switchedId" integer, "off" boolean`,
    joined: Prisma.sql`JOIN ${name} ON ${id} = job."switchedId" AND ${isVisibleTo(job, column('organizationId'))}`,
    lock: Prisma.sql`FOR UPDATE OF ${name}`,
    targetId: id,
    organization: column('organizationId'),
    standing: Prisma.sql`
      CASE WHEN ${column('revokedAt')} IS NOT NULL THEN 'revoked'
        WHEN ${column('deactivated')} THEN 'deactivated' ELSE 'active' END`,
    held: Prisma.sql`NULL::text`,
    answered: { table: name, columns: columns(tokens) },
    changedId: Prisma.sql`"targetId"`,
    write: Prisma.sql`
      UPDATE ${name} SET deactivated = "off", deactivated_updated_by = author, deactivated_updated_on = at,
        updated_by = author, updated_at = at
      FROM granted WHERE ${id} = "changedId" RETURNING place, ${name} AS changed`,
    outcome: Prisma.sql`'{}'::jsonb`,
  }
}
