/** May it, and why: decisions about accesses and tokens, with every way that grants something or what is missing. */
import { type Decision, type Grant, type Missing, missingKinds } from '../auth/decide.ts'
import { messageOf, summaryOf } from '../auth/explain.ts'
import { parseResource, type Resource as ResourceShape } from '../auth/resource.ts'
import type { Context } from '../context.ts'
import { badInput } from '../errors.ts'
import { integerIdOf, nameIdOf } from '../ids.ts'
import type { Whom } from '../links/subjects.ts'
import { callerOf, type Decided, decideOn, type PermissionQuestion } from '../rights.ts'
import { Access } from './access.ts'
import { builder } from './builder.ts'
import { must } from './must.ts'
import { Permission } from './permission.ts'
import { askedResource, Resource, ResourceInput } from './resource.ts'
import { Role } from './role.ts'

/** A part of a decision, with the rows that the whole speaks of. */
interface Part<Of> {
  readonly of: Of
  readonly decided: Decided
}

const PermissionCheck = builder.inputType('PermissionCheck', {
  description:
    'A question: whether an access, or a token, has a permission. Where neither is given, the caller is asked about: the ' +
    'API token that it came with, else the access that signed in.',
  fields: (t) => ({
    accessId: t.id({ description: 'The access.' }),
    tokenId: t.id({
      description: 'The token, instead of an access: what its access holds now, cut by what it stores.',
    }),
    permissionId: t.id({ required: true, description: 'The id of the permission.' }),
    resource: t.field({ type: ResourceInput, description: 'The resource that it is asked for. Left out: everywhere.' }),
  }),
})

const MissingGrantKind = builder.enumType('MissingGrantKind', {
  description: 'What can be missing. Be ready for values that are added later.',
  values: Object.fromEntries(
    Object.entries(missingKinds).map(([kind, description]) => [kind, { description }]),
  ) as unknown as Record<keyof typeof missingKinds, { readonly description: string }>,
})

const PermissionGrant = builder.objectRef<Part<Grant>>('PermissionGrant').implement({
  description: 'A way in which a permission is granted: the access holds the role, which has the permission.',
  fields: (t) => ({
    access: t.field({
      type: Access,
      description: 'The access that holds the role.',
      resolve: ({ decided }) => must(decided.access, 'access'),
    }),
    role: t.field({
      type: Role,
      description: 'The role that has the permission.',
      resolve: ({ of, decided }) => must(decided.catalogue.role(of.held.roleId), 'role'),
    }),
    permission: t.field({
      type: Permission,
      description: 'The permission.',
      resolve: ({ decided }) => must(decided.permission, 'permission'),
    }),
    resource: t.field({
      type: Resource,
      nullable: true,
      description: 'The resource that the role, or the token, is limited to. Null: everywhere.',
      resolve: ({ of }) => resourceAt(of.resource),
    }),
  }),
})

const MissingGrant = builder.objectRef<Part<Missing>>('MissingGrant').implement({
  description: 'Something that is missing.',
  fields: (t) => ({
    kind: t.field({ type: MissingGrantKind, description: 'What it is.', resolve: ({ of }) => of.kind }),
    message: t.string({ description: 'The same, for people.', resolve: ({ of }) => messageOf(of) }),
    role: t.field({
      type: Role,
      nullable: true,
      description: 'The role that would give it, or that is held elsewhere.',
      resolve: ({ of, decided }) => (of.roleId === null ? null : decided.catalogue.role(of.roleId)),
    }),
    resource: t.field({
      type: Resource,
      nullable: true,
      description: 'The resource that what is held, or what the token allows, is limited to.',
      resolve: ({ of }) => resourceAt(of.resource),
    }),
  }),
})

function resourceAt(text: string | null): ResourceShape | null {
  return text === null ? null : parseResource(text)
}

const PermissionExplanation = builder.objectRef<Decided>('PermissionExplanation').implement({
  description: 'Why something is allowed, or not. It tells of the roles that are held.',
  scopes: ['roles:read'],
  fields: (t) => ({
    summary: t.string({
      weighs: { bytes: 200 },
      description: 'One sentence for the whole, to be read out.',
      resolve: ({ decision }) => summaryOf(decision),
    }),
    grants: t.field({
      type: [PermissionGrant],
      weighs: { size: 2 },
      description: 'Every way that grants it, by role; empty where it is not allowed.',
      resolve: (decided) => decided.decision.grants.map((of) => ({ of, decided })),
    }),
    missing: t.field({
      type: [MissingGrant],
      weighs: { size: 3 },
      description: 'Everything that stands in the way, with the nearest misses; empty exactly where it is allowed.',
      resolve: (decided) => decided.decision.missing.map((of) => ({ of, decided })),
    }),
  }),
})

const PermissionDecision = builder.objectRef<Decided>('PermissionDecision').implement({
  description: 'The answer to a check.',
  fields: (t) => ({
    allowed: t.boolean({ description: 'Whether it may.', resolve: ({ decision }) => decision.allowed }),
    explanation: t.field({
      type: PermissionExplanation,
      description: 'Why it may, or what is missing.',
      resolve: (decided) => (decided.decision.allowed ? decided : explainedDenial(decided)),
    }),
  }),
})

/**
 * Denials are one object for many who are asked about: then what explains them is, too, and it is written once. It says
 * nothing of whom.
 */
const explained = new WeakMap<Decision, Decided>()

function explainedDenial(decided: Decided): Decided {
  let known = explained.get(decided.decision)
  if (known === undefined) {
    known = { ...decided, access: null }
    explained.set(decided.decision, known)
  }
  return known
}

/** Who is asked about, and what. Throws BAD_USER_INPUT; `place` is where the check stands. */
function read(
  check: typeof PermissionCheck.$inferInput,
  place: string,
  { principal }: Context,
): readonly [whom: Whom | null, question: PermissionQuestion] {
  const { permissionId, resource } = check
  const [accessId, tokenId] = [check.accessId ?? null, check.tokenId ?? null]
  if (accessId !== null && tokenId !== null) throw badInput(place, 'either "accessId" or "tokenId", not both')
  const question = {
    permissionId: nameIdOf(`${place}.permissionId`, permissionId),
    resource: askedResource(`${place}.resource`, resource),
  }
  if (accessId !== null) return [{ kind: 'access', id: integerIdOf(`${place}.accessId`, accessId) }, question]
  if (tokenId !== null) return [{ kind: 'token', id: integerIdOf(`${place}.tokenId`, tokenId) }, question]
  return [callerOf(principal), question]
}

builder.queryField('checkPermissions', (t) =>
  t.field({
    type: [PermissionDecision],
    scopes: ['permissions:check'],
    weighs: { onePer: 'checks' },
    description: 'One decision for each check, in the order asked. Three SQL statements at most, however many checks.',
    args: {
      checks: t.arg({ type: [PermissionCheck], required: true, description: 'As many as a page may have rows.' }),
    },
    resolve(_, { checks }, context) {
      const { mostRows } = context.policy
      if (checks.length > mostRows) throw badInput('checks', `at most ${mostRows} checks`, checks.length)
      const asked = checks.map((check, index) => read(check, `checks.${index}`, context))
      return Promise.all(asked.map(([whom, question]) => decideOn(whom, question, context)))
    },
  }),
)
