/** Removes accesses with the roles that they hold, and says what has gone with them. */
import { dayOf } from '../auth/expiry.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import { Conflict, expected, GuardRailHit, InputCheck, InvalidInput, NotFound } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
import { builder } from './builder.ts'
import { ConflictError, GuardRailError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
import { type Gone, removedAccesses } from './removing.ts'
import { decideOn, expectedDescription, writtenStandings } from './standing.ts'
import { readKey } from './tokenRequest.ts'
import { onceFor, writtenKeyDescription } from './writtenOnce.ts'

const RemoveAccessInput = builder.inputType('RemoveAccessInput', {
  description: 'The access to be removed.',
  fields: (t) => ({
    accessId: t.id({ required: true, description: 'Decimal digits.' }),
    updatedAt: t.field({ type: 'DateTime', description: expectedDescription }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

interface RemovedAccess extends Omit<Gone, 'accessIds'> {
  readonly accessId: number
}

const RemoveAccessPayload = builder.objectRef<RemovedAccess>('RemoveAccessPayload').implement({
  description: 'An access that was removed, and what has gone with it.',
  fields: (t) => ({
    accessId: t.exposeID('accessId', { description: 'The id that it had.' }),
    roleAssignments: t.exposeInt('roleAssignments', { description: 'How many roles it held.' }),
    tokenIds: t.idList({
      weighs: { size: 5 },
      description: 'The tokens that have ended with it: they stay listed, with what they say of the access.',
      resolve: ({ tokenIds }) => [...tokenIds],
    }),
  }),
})

const RemoveAccessResult = builder.unionType('RemoveAccessResult', {
  description: 'What removing an access can end in.',
  types: [RemoveAccessPayload, InvalidInputError, NotFoundError, ConflictError, GuardRailError],
  resolveType: typeOfResult('RemoveAccessPayload'),
})

const failures = [InvalidInput, NotFound, Conflict, GuardRailHit]

builder.mutationField('removeAccess', (t) =>
  t.field({
    type: RemoveAccessResult,
    scopes: ['accesses:write'],
    description:
      'Removes an access with the roles that it holds. Its sessions and tokens end at once; its tokens stay listed. Nobody ' +
      'removes the access that they came with, nor the last one that may assign roles.',
    args: { input: t.arg({ type: RemoveAccessInput, required: true, description: 'The access.' }) },
    resolve: (_, { input }, context) => expected(failures, context, () => removeAccess(input, context)),
  }),
)

async function removeAccess(input: typeof RemoveAccessInput.$inferInput, context: Context): Promise<RemovedAccess> {
  const check = new InputCheck()
  const accessId = check.read(['accessId'], () => integerIdOf('accessId', input.accessId)) as number
  const key = readKey(input, check)
  check.finish()
  const expectedAt = input.updatedAt?.toISOString() ?? null
  const { now, policy } = context
  return change<ChangedRow & Gone, RemovedAccess>(context, {
    kind: removedAccesses,
    event: { action: 'access.remove', targetType: 'Access', before: null, after: null },
    job: { removedAccessId: accessId, today: dayOf(now), assignPermission: policy.roleAssignPermission, expectedAt },
    asked: { type: 'Access', id: String(accessId) },
    missing: 'there is no such access',
    standings: writtenStandings,
    decide: (standing) => decideOn(standing, 'access'),
    once: onceFor(key, 'removeAccess', { accessId, expectedAt }, async (gone) => ({
      ...(gone as unknown as Gone),
      accessId,
    })),
    resultOf: ({ tokenIds, roleAssignments }) => ({ accessId, tokenIds, roleAssignments }),
  })
}
