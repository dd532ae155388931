/** Removes users with all that they have, and says what that was. */
import { dayOf } from '../auth/expiry.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import { Conflict, expected, GuardRailHit, InputCheck, InvalidInput, NotFound } from '../failures.ts'
import { uuidOf } from '../ids.ts'
import { builder } from './builder.ts'
import { ConflictError, GuardRailError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
import { type Gone, removedUsers } from './removing.ts'
import { decideOn, expectedDescription, writtenStandings } from './standing.ts'
import { readKey } from './tokenRequest.ts'
import { onceFor, writtenKeyDescription } from './writtenOnce.ts'

const RemoveUserInput = builder.inputType('RemoveUserInput', {
  description: 'The user to be removed.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'A UUID.' }),
    updatedAt: t.field({ type: 'DateTime', description: expectedDescription }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

interface RemovedUser extends Gone {
  readonly userId: string
}

const RemoveUserPayload = builder.objectRef<RemovedUser>('RemoveUserPayload').implement({
  description: 'A user that was removed, and what has gone with it.',
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The id that it had.' }),
    accessIds: t.idList({
      weighs: { size: 2 },
      description: 'The accesses that have gone with it.',
      resolve: ({ accessIds }) => [...accessIds],
    }),
    roleAssignments: t.exposeInt('roleAssignments', { description: 'How many roles those held.' }),
    tokenIds: t.idList({
      weighs: { size: 5 },
      description: 'The tokens that have ended with it: they stay listed, with what they say of the user.',
      resolve: ({ tokenIds }) => [...tokenIds],
    }),
  }),
})

const RemoveUserResult = builder.unionType('RemoveUserResult', {
  description: 'What removing a user can end in.',
  types: [RemoveUserPayload, InvalidInputError, NotFoundError, ConflictError, GuardRailError],
  resolveType: typeOfResult('RemoveUserPayload'),
})

const failures = [InvalidInput, NotFound, Conflict, GuardRailHit]

builder.mutationField('removeUser', (t) =>
  t.field({
    type: RemoveUserResult,
    scopes: ['users:write'],
    description:
      'Removes a user with its accesses and their roles. Its sessions and tokens end at once; its tokens stay listed. Nobody ' +
      'removes their own user, nor the last one that may assign roles.',
    args: { input: t.arg({ type: RemoveUserInput, required: true, description: 'The user.' }) },
    resolve: (_, { input }, context) => expected(failures, context, () => removeUser(input, context)),
  }),
)

async function removeUser(input: typeof RemoveUserInput.$inferInput, context: Context): Promise<RemovedUser> {
  const check = new InputCheck()
  const userId = check.read(['userId'], () => uuidOf('userId', input.userId)) as string
  const key = readKey(input, check)
  check.finish()
  const expectedAt = input.updatedAt?.toISOString() ?? null
  const { now, policy } = context
  return change<ChangedRow & Gone, RemovedUser>(context, {
    kind: removedUsers,
    event: { action: 'user.remove', targetType: 'User', before: null, after: null },
    job: { removedUserId: userId, today: dayOf(now), assignPermission: policy.roleAssignPermission, expectedAt },
    asked: { type: 'User', id: userId },
    missing: 'there is no such user',
    standings: writtenStandings,
    decide: (standing) => decideOn(standing, 'user'),
    once: onceFor(key, 'removeUser', { userId, expectedAt }, async (gone) => ({
      ...(gone as unknown as Gone),
      userId,
    })),
    resultOf: ({ accessIds, tokenIds, roleAssignments }) => ({ userId, accessIds, tokenIds, roleAssignments }),
  })
}
