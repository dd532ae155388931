/** Assignments and withdrawals of several roles at once, each on its own. */
import { canonicalResource, type Resource as ResourceShape } from '../auth/resource.ts'
import type { Context } from '../context.ts'
import type { RoleAssignment as AssignmentRow } from '../db/generated/prisma/client.ts'
import { type Failure, InvalidInput } from '../failures.ts'
import { changeEachOnce, isFailure, mostChanges } from './batch.ts'
import { builder } from './builder.ts'
import { FailureInterface } from './failure.ts'
import { Resource } from './resource.ts'
import { RoleAssignment } from './roleAssignment.ts'

/** What each of them says of itself, as a client wrote it. */
interface Asked {
  readonly accessId: string
  readonly roleId: string
  readonly resource?: ResourceShape | null | undefined
  readonly validUntil?: Date | null | undefined
}

interface FailedAssignment {
  readonly asked: Asked
  readonly error: Failure
}

export interface ChangedRoles {
  readonly successes: readonly AssignmentRow[]
  readonly failures: readonly FailedAssignment[]
}

const RoleAssignmentFailure = builder.objectRef<FailedAssignment>('RoleAssignmentFailure').implement({
  description: 'A role that was not assigned or withdrawn, and why.',
  fields: (t) => ({
    accessId: t.id({ description: 'The access that was asked for.', resolve: ({ asked }) => asked.accessId }),
    roleId: t.id({ description: 'The role that was asked for.', resolve: ({ asked }) => asked.roleId }),
    resource: t.field({
      type: Resource,
      nullable: true,
      description: 'The resource that was asked for, as it was written.',
      resolve: ({ asked }) => asked.resource ?? null,
    }),
    error: t.field({ type: FailureInterface, description: 'Why.', resolve: ({ error }) => error }),
  }),
})

export const RoleBatchPayload = builder.objectRef<ChangedRoles>('RoleBatchPayload').implement({
  description: 'What became of each of several roles, in the order asked for, each once.',
  fields: (t) => ({
    successes: t.field({
      type: [RoleAssignment],
      description: 'Assignments as they are now, or, where they were withdrawn, as they were.',
      resolve: ({ successes }) => [...successes],
    }),
    failures: t.field({
      type: [RoleAssignmentFailure],
      description: 'The others.',
      resolve: ({ failures }) => [...failures],
    }),
  }),
})

/** The options of a field that changes several roles. */
export const rolesBatch = {
  type: RoleBatchPayload,
  weighs: { onePer: 'inputs', sizedFields: ['successes', 'failures'] },
} as const

export const roleInputsDescription = `At most ${mostChanges} of them. What is named twice is changed once.`

/** The role of an access, on one resource or everywhere, in whichever spelling the resource came. */
function placeOf({ accessId, roleId, resource }: Asked): string {
  const canonical = resource ? (canonicalResource(resource) ?? resource) : null
  return JSON.stringify([accessId, roleId, canonical && [canonical.type, canonical.id]])
}

function nameOf(asked: Asked): string {
  return JSON.stringify([placeOf(asked), asked.validUntil ?? null])
}

/**
 * Assigns or withdraws each of the roles, as `changeEachOnce` does. Of those that are asked for with several ends, the first end
 * counts, and the others fail.
 */
export async function changeRoles<Input extends Asked>(
  inputs: readonly Input[],
  context: Context,
  changeOne: (input: Input) => Promise<AssignmentRow>,
): Promise<ChangedRoles> {
  const first = new Map<string, string>()
  for (const input of inputs) if (!first.has(placeOf(input))) first.set(placeOf(input), nameOf(input))
  const made = await changeEachOnce<Input, AssignmentRow>(
    'inputs',
    inputs,
    context,
    { nameOf, compare: byPlace },
    async (input) => {
      if (first.get(placeOf(input)) !== nameOf(input)) {
        throw new InvalidInput([
          { path: ['validUntil'], message: 'expected one end for a role: it is asked for twice' },
        ])
      }
      return changeOne(input)
    },
  )
  const successes: AssignmentRow[] = []
  const failures: FailedAssignment[] = []
  for (const { asked, outcome } of made) {
    if (isFailure(outcome)) failures.push({ asked, error: outcome })
    else successes.push(outcome)
  }
  return { successes, failures }
}

/** In one order, whoever asks for them. */
function byPlace(one: Asked, other: Asked): number {
  return placeOf(one) < placeOf(other) ? -1 : 1
}
