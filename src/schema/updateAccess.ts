/** Changes accesses. Whose an access is, and its type, stay. */
import type { Context } from '../context.ts'
import { type ChangedRow, change } from '../db/change.ts'
import type { Access as AccessRow } from '../db/generated/prisma/client.ts'
import { Conflict, expected, InputCheck, InvalidInput, NotFound } from '../failures.ts'
import { integerIdOf } from '../ids.ts'
import { accessFields, readAccess } from './accessInput.ts'
import { builder } from './builder.ts'
import { Language } from './enums.ts'
import { ConflictError, InvalidInputError, NotFoundError, typeOfResult } from './failure.ts'
import { decideOn, expectedDescription, writtenStandings } from './standing.ts'
import { readKey } from './tokenRequest.ts'
import { expectedOfAccesses, updatedAccesses } from './writtenAccesses.ts'
import { accessOfRequest, writtenAccessPayload } from './writtenAccessPayload.ts'
import { onceFor, writtenKeyDescription } from './writtenOnce.ts'

const UpdateAccessInput = builder.inputType('UpdateAccessInput', {
  description: 'Changes of an access, of what its type has. What is left out stays as it is.',
  fields: (t) => ({
    accessId: t.id({ required: true, description: 'Decimal digits.' }),
    updatedAt: t.field({ type: 'DateTime', description: expectedDescription }),
    name: t.string({ description: `${accessFields.name} Of API connections and profiles.` }),
    ssoId: t.string({ description: `${accessFields.ssoId} Of SSO connections.` }),
    twoFaEnabled: t.boolean({ description: `${accessFields.twoFaEnabled} Of UI connections.` }),
    language: t.field({ type: Language, description: `${accessFields.language} Of API connections.` }),
    idempotencyKey: t.string({ description: writtenKeyDescription }),
  }),
})

const UpdateAccessPayload = writtenAccessPayload(
  'UpdateAccessPayload',
  'An access that was changed, or was like that already.',
)

const UpdateAccessResult = builder.unionType('UpdateAccessResult', {
  description: 'What changing an access can end in.',
  types: [UpdateAccessPayload, InvalidInputError, NotFoundError, ConflictError],
  resolveType: typeOfResult('UpdateAccessPayload'),
})

const failures = [InvalidInput, NotFound, Conflict]

builder.mutationField('updateAccess', (t) =>
  t.field({
    type: UpdateAccessResult,
    scopes: ['accesses:write'],
    description: 'Changes an access. Whose it is, and its type, stay.',
    args: {
      input: t.arg({ type: UpdateAccessInput, required: true, description: 'The access, and what is new of it.' }),
    },
    resolve: (_, { input }, context) =>
      expected(failures, context, async () => ({ access: await updateAccess(input, context) })),
  }),
)

async function updateAccess(input: typeof UpdateAccessInput.$inferInput, context: Context): Promise<AccessRow> {
  const check = new InputCheck()
  const accessId = check.read(['accessId'], () => integerIdOf('accessId', input.accessId)) as number
  const changes = readAccess(input, check)
  const key = readKey(input, check)
  check.finish()
  const expectedAt = input.updatedAt?.toISOString() ?? null
  return change<ChangedRow & AccessRow, AccessRow>(context, {
    kind: updatedAccesses(context.columns),
    event: { action: 'access.update', targetType: 'Access', before: null, after: null },
    job: { writtenAccessId: accessId, expectedAt, changes },
    asked: { type: 'Access', id: String(accessId) },
    missing: 'there is no such access',
    standings: writtenStandings,
    decide: (standing) => decideOn(standing, 'access', expectedOfAccesses),
    once: onceFor(key, 'updateAccess', { accessId, expectedAt, changes }, accessOfRequest(context)),
    resultOf: (access) => access,
  })
}
