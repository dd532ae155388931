/** Makes users: of the caller's organization, or of another one that it sees. */
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { User as UserRow } from '../db/generated/prisma/client.ts'
import { Conflict, expected, InputCheck, InvalidInput, NotFound } from '../failures.ts'
import { builder } from './builder.ts'
import { Language } from './enums.ts'
import { ConflictError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
import { must } from './must.ts'
import { decideOn, writtenStandings } from './standing.ts'
import { readKey } from './tokenRequest.ts'
import { readUser, type UserChanges, userFields } from './userInput.ts'
import { onceFor, writtenKeyDescription } from './writtenOnce.ts'
import { userOfRequest, writtenUserPayload } from './writtenUserPayload.ts'
import { createdUsers, expectedOfUsers } from './writtenUsers.ts'

const CreateUserInput = builder.inputType('CreateUserInput', {
  description: 'A user to be created.',
  fields: (t) => ({
    customerId: t.int({
      description:
        'The customer number of the organization. Left out: that of the caller. Others need organizations:all.',
    }),
    firstname: t.string({ required: true, description: userFields.firstname }),
    lastname: t.string({ required: true, description: userFields.lastname }),
    email: t.string({ required: true, description: userFields.email }),
    acct: t.string({ description: userFields.acct }),
    idpId: t.id({ description: userFields.idpId }),
    expiresAt: t.field({ type: 'Date', description: userFields.expiresAt }),
    phone: t.string({ description: userFields.phone }),
    language: t.field({ type: Language, required: true, description: userFields.language }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

const CreateUserPayload = writtenUserPayload('CreateUserPayload', 'A user that was created.')

const CreateUserResult = builder.unionType('CreateUserResult', {
  description: 'What creating a user can end in.',
  types: [CreateUserPayload, InvalidInputError, NotFoundError, ConflictError],
  resolveType: typeOfResult('CreateUserPayload'),
})

const failures = [InvalidInput, NotFound, Conflict]

builder.mutationField('createUser', (t) =>
  t.field({
    type: CreateUserResult,
    scopes: ['users:write'],
    description: 'Creates a user, who has no access yet, and so no roles.',
    args: { input: t.arg({ type: CreateUserInput, required: true, description: 'The user.' }) },
    resolve: (_, { input }, context) =>
      expected(failures, context, async () => ({ user: await createUser(input, context) })),
  }),
)

async function createUser(input: typeof CreateUserInput.$inferInput, context: Context): Promise<UserRow> {
  const { principal, now } = context
  const check = new InputCheck()
  const changes = readUser(input, check)
  const customerId = input.customerId ?? null
  const key = readKey(input, check)
  if (customerId === null && principal.organizationId === null) {
    check.add({ path: ['customerId'], message: 'expected one from a caller without an organization of its own' })
  }
  check.finish()
  // Where a field is left out that GraphQL does not require, it is null.
  const fields = { ...nothing, ...changes } as Required<UserChanges>
  return change<ChangedRow<string>, UserRow>(context, {
    kind: createdUsers,
    event: { action: 'user.create', targetType: 'User', before: null, after: fields },
    job: { customerId, ownOrganization: principal.organizationId, changes: fields },
    asked: { type: 'Organization', id: String(customerId ?? principal.organizationId) },
    missing: 'there is no such organization',
    standings: writtenStandings,
    decide: (standing) => decideOn(standing, 'user', expectedOfUsers),
    once: onceFor(key, 'createUser', { customerId, ...fields }, userOfRequest(context)),
    resultOf: (row) => newUser(fields, row, now),
  })
}

const nothing = { acct: null, idpId: null, expiresAt: null, phone: null }

/** The row as it has been written: the id is all that the database adds. */
function newUser(
  fields: Required<UserChanges>,
  { changedId, targetOrganization, author }: ChangedRow<string>,
  now: Date,
): UserRow {
  const { expiresAt } = fields
  return {
    ...fields,
    id: must(changedId, 'id of a new user'),
    organizationId: targetOrganization,
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    createdAt: now,
    createdBy: author,
    updatedAt: now,
    updatedBy: author,
  }
}
