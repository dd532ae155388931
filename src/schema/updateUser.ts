/** Changes users, their end date included: a user whose last day is over is signed out at once. */
import { dayOf } from '../auth/expiry.ts'
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { User as UserRow } from '../db/generated/prisma/client.ts'
import { Conflict, expected, GuardRailHit, InputCheck, InvalidInput, NotFound } from '../failures.ts'
import { uuidOf } from '../ids.ts'
import { builder } from './builder.ts'
import { Language } from './enums.ts'
import { ConflictError, GuardRailError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
import { decideOn, expectedDescription, writtenStandings } from './standing.ts'
import { readKey } from './tokenRequest.ts'
import { readUser, userFields } from './userInput.ts'
import { onceFor, writtenKeyDescription } from './writtenOnce.ts'
import { userOfRequest, writtenUserPayload } from './writtenUserPayload.ts'
import { expectedOfUsers, updatedUsers } from './writtenUsers.ts'

const UpdateUserInput = builder.inputType('UpdateUserInput', {
  description: 'Changes of a user. What is left out stays as it is; null clears what may be null.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'A UUID.' }),
    updatedAt: t.field({ type: 'DateTime', description: expectedDescription }),
    firstname: t.string({ description: userFields.firstname }),
    lastname: t.string({ description: userFields.lastname }),
    email: t.string({ description: userFields.email }),
    acct: t.string({ description: userFields.acct }),
    idpId: t.id({ description: userFields.idpId }),
    expiresAt: t.field({
      type: 'Date',
      description: `${userFields.expiresAt} A day that is over ends the user's sessions and tokens at once.`,
    }),
    phone: t.string({ description: userFields.phone }),
    language: t.field({ type: Language, description: userFields.language }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

const UpdateUserPayload = writtenUserPayload('UpdateUserPayload', 'A user that was changed, or was like that already.')

const UpdateUserResult = builder.unionType('UpdateUserResult', {
  description: 'What changing a user can end in.',
  types: [UpdateUserPayload, InvalidInputError, NotFoundError, ConflictError, GuardRailError],
  resolveType: typeOfResult('UpdateUserPayload'),
})

const failures = [InvalidInput, NotFound, Conflict, GuardRailHit]

builder.mutationField('updateUser', (t) =>
  t.field({
    type: UpdateUserResult,
    scopes: ['users:write'],
    description:
      'Changes a user. Who lifts the end of a user gives back what its accesses hold still; nobody ends their own user.',
    args: { input: t.arg({ type: UpdateUserInput, required: true, description: 'The user, and what is new of it.' }) },
    resolve: (_, { input }, context) =>
      expected(failures, context, async () => ({ user: await updateUser(input, context) })),
  }),
)

async function updateUser(input: typeof UpdateUserInput.$inferInput, context: Context): Promise<UserRow> {
  const check = new InputCheck()
  const userId = check.read(['userId'], () => uuidOf('userId', input.userId)) as string
  const changes = readUser(input, check)
  const key = readKey(input, check)
  check.finish()
  const expectedAt = input.updatedAt?.toISOString() ?? null
  return change<ChangedRow & UserRow, UserRow>(context, {
    kind: updatedUsers(context.columns),
    event: { action: 'user.update', targetType: 'User', before: null, after: null },
    job: {
      writtenUserId: userId,
      today: dayOf(context.now),
      assignPermission: context.policy.roleAssignPermission,
      expectedAt,
      changes,
    },
    asked: { type: 'User', id: userId },
    missing: 'there is no such user',
    standings: writtenStandings,
    decide: (standing) => decideOn(standing, 'user', expectedOfUsers),
    once: onceFor(key, 'updateUser', { userId, expectedAt, changes }, userOfRequest(context)),
    resultOf: (user) => user,
  })
}
