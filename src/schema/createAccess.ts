/** Gives a user a way to sign in, of one of the four types. */
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { Access as AccessRow, AccessType } from '../db/generated/prisma/client.ts'
import { Conflict, expected, InputCheck, InvalidInput, NotFound } from '../failures.ts'
import { uuidOf } from '../ids.ts'
import { type AccessInput, accessFields, type NewAccess, readAccess } from './accessInput.ts'
import { builder } from './builder.ts'
import { Language } from './enums.ts'
import { ConflictError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
import { must } from './must.ts'
import { decideOn, writtenStandings } from './standing.ts'
import { readKey } from './tokenRequest.ts'
import { createdAccesses } from './writtenAccesses.ts'
import { accessOfRequest, writtenAccessPayload } from './writtenAccessPayload.ts'
import { onceFor, writtenKeyDescription } from './writtenOnce.ts'

const UiConnectionInput = builder.inputType('UiConnectionInput', {
  description: 'A person signs in to the web interface with a password.',
  fields: (t) => ({
    twoFaEnabled: t.boolean({ required: true, description: accessFields.twoFaEnabled }),
  }),
})

const SsoConnectionInput = builder.inputType('SsoConnectionInput', {
  description: "A person signs in through the organization's identity provider.",
  fields: (t) => ({ ssoId: t.string({ required: true, description: accessFields.ssoId }) }),
})

const ApiConnectionInput = builder.inputType('ApiConnectionInput', {
  description: 'A program calls the API.',
  fields: (t) => ({
    name: t.string({ required: true, description: accessFields.name }),
    language: t.field({ type: Language, required: true, description: accessFields.language }),
  }),
})

const ProfileInput = builder.inputType('ProfileInput', {
  description: 'Holds roles for others to work under. Nobody signs in with it, and it holds no tokens.',
  fields: (t) => ({ name: t.string({ required: true, description: accessFields.name }) }),
})

const NewAccessInput = builder.inputType('NewAccessInput', {
  description: 'An access of one of the four types.',
  isOneOf: true,
  fields: (t) => ({
    uiConnection: t.field({ type: UiConnectionInput, description: 'For a person, with a password.' }),
    ssoConnection: t.field({ type: SsoConnectionInput, description: 'For a person, through an identity provider.' }),
    apiConnection: t.field({ type: ApiConnectionInput, description: 'For a program.' }),
    profile: t.field({ type: ProfileInput, description: 'For roles that others work under.' }),
  }),
})

const CreateAccessInput = builder.inputType('CreateAccessInput', {
  description: 'An access to be created.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'Whose it is, a UUID.' }),
    access: t.field({ type: NewAccessInput, required: true, description: 'What it is.' }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

const CreateAccessPayload = writtenAccessPayload('CreateAccessPayload', 'An access that was created.')

const CreateAccessResult = builder.unionType('CreateAccessResult', {
  description: 'What creating an access can end in.',
  types: [CreateAccessPayload, InvalidInputError, NotFoundError, ConflictError],
  resolveType: typeOfResult('CreateAccessPayload'),
})

const failures = [InvalidInput, NotFound, Conflict]

builder.mutationField('createAccess', (t) =>
  t.field({
    type: CreateAccessResult,
    scopes: ['accesses:write'],
    description:
      'Gives a user a way to sign in. It holds no roles: it may do nothing yet, whoever creates it for whomever.',
    args: { input: t.arg({ type: CreateAccessInput, required: true, description: 'The access.' }) },
    resolve: (_, { input }, context) =>
      expected(failures, context, async () => ({ access: await createAccess(input, context) })),
  }),
)

async function createAccess(input: typeof CreateAccessInput.$inferInput, context: Context): Promise<AccessRow> {
  const check = new InputCheck()
  const userId = check.read(['userId'], () => uuidOf('userId', input.userId)) as string
  const access = readNewAccess(input.access, check)
  const key = readKey(input, check)
  check.finish()
  return change<ChangedRow<number>, AccessRow>(context, {
    kind: createdAccesses,
    event: { action: 'access.create', targetType: 'Access', before: null, after: { userId, ...access } },
    job: { holderUserId: userId, changes: access },
    asked: { type: 'User', id: userId },
    missing: 'there is no such user',
    standings: writtenStandings,
    decide: (standing) => decideOn(standing, 'access'),
    once: onceFor(key, 'createAccess', { userId, access }, accessOfRequest(context)),
    resultOf: (row) => newAccess(userId, access, row, context.now),
  })
}

const types = {
  uiConnection: 'UI_CONNECTION',
  ssoConnection: 'SSO_CONNECTION',
  apiConnection: 'API_CONNECTION',
  profile: 'PROFILE',
} as const satisfies Readonly<Record<keyof typeof NewAccessInput.$inferInput, AccessType>>

/** GraphQL has seen to it that one is given. */
function readNewAccess(input: typeof NewAccessInput.$inferInput, check: InputCheck): Required<NewAccess> {
  const [field, given] = Object.entries(input).find(([, each]) => each) as [keyof typeof types, AccessInput]
  return { ...nothing, type: types[field], ...readAccess(given, check, ['access', field]) } as Required<NewAccess>
}

const nothing = { name: null, ssoId: null, twoFaEnabled: null, language: null }

/** The row as it has been written: the id is all that the database adds. It holds no roles. */
function newAccess(
  userId: string,
  access: Required<NewAccess>,
  { changedId, targetOrganization, author }: ChangedRow<number>,
  now: Date,
): AccessRow {
  return {
    ...access,
    heldRoles: null,
    id: must(changedId, 'id of a new access'),
    organizationId: targetOrganization,
    userId,
    lastLoginAt: null,
    createdAt: now,
    createdBy: author,
    updatedAt: now,
    updatedBy: author,
  }
}
