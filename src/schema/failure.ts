/** Expected failures as types of the graph: what mutations end in when they do not do what they were asked. */
import type { Issue } from '../auth/allowedScopes.ts'
import { guardRails } from '../auth/guardRails.ts'
import type {
  Conflict,
  Failure,
  Forbidden,
  GuardRailHit,
  InvalidInput,
  NotFound,
  ScopeNotGranted,
  TokenPolicyBroken,
} from '../failures.ts'
import { Author } from './author.ts'
import { builder } from './builder.ts'

/** The object type of a mutation's answer: the failure's, or the payload's. */
export function typeOfResult(payload: string): (value: object) => string {
  return (value) => ('typeName' in value ? (value as Failure).typeName : payload)
}

export const FailureInterface = builder.interfaceRef<Failure>('Error').implement({
  description: 'An expected failure.',
  resolveType: ({ typeName }) => typeName,
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable code; the README lists them.' }),
    message: t.exposeString('message', { description: 'What was expected, for people.' }),
  }),
})

const FieldIssue = builder.objectRef<Issue>('FieldIssue').implement({
  description: 'Something wrong at one place of an input.',
  fields: (t) => ({
    path: t.stringList({
      weighs: { size: 3 },
      description: 'The place, from the input inwards.',
      resolve: ({ path }) => [...path],
    }),
    message: t.exposeString('message', { description: 'What was expected there.' }),
  }),
})

export const InvalidInputError = builder.objectRef<InvalidInput>('InvalidInputError').implement({
  description: 'The input has values that are not allowed.',
  interfaces: [FailureInterface],
  fields: (t) => ({
    fields: t.field({
      type: [FieldIssue],
      weighs: { size: 5 },
      description: 'Everything that is wrong, each with its place.',
      resolve: ({ fields }) => [...fields],
    }),
  }),
})

export const NotFoundError = builder.objectRef<NotFound>('NotFoundError').implement({
  description: 'There is no such thing, or none that the caller may see.',
  interfaces: [FailureInterface],
})

export const ConflictError = builder.objectRef<Conflict>('ConflictError').implement({
  description: 'The change contradicts what is there.',
  interfaces: [FailureInterface],
  fields: (t) => ({
    changedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When somebody has changed it since the `updatedAt` of the input. Null where the conflict is another one.',
      resolve: ({ last }) => last?.changedAt ?? null,
    }),
    changedBy: t.field({
      type: Author,
      nullable: true,
      description: 'Who did so. Null where nobody is on record, such as for a service.',
      resolve: ({ last }) => last?.changedBy ?? null,
    }),
  }),
})

export const GuardRailError = builder.objectRef<GuardRailHit>('GuardRailError').implement({
  description: 'The change would lock somebody out. No scope helps.',
  interfaces: [FailureInterface],
  fields: (t) => ({
    rule: t.exposeString('rule', { description: `The rule: ${Object.keys(guardRails).join(', ')}.` }),
  }),
})

export const ForbiddenError = builder.objectRef<Forbidden>('ForbiddenError').implement({
  description: "It is not the caller's own, and the caller lacks a scope for that of others.",
  interfaces: [FailureInterface],
  fields: (t) => ({
    missingScopes: t.stringList({
      weighs: { size: 1 },
      description: 'The scopes that it would take.',
      resolve: ({ missingScopes }) => [...missingScopes],
    }),
  }),
})

export const TokenPolicyError = builder.objectRef<TokenPolicyBroken>('TokenPolicyError').implement({
  description: 'The token would break a rule of the gateway.',
  interfaces: [FailureInterface],
  fields: (t) => ({
    limit: t.exposeString('limit', {
      description: 'The rule: TOKEN_MAX_LIFETIME, PROFILE_ACCESS, EXPIRED_USER or ISSUED_BY_TOKEN.',
    }),
  }),
})

export const ScopeNotGrantedError = builder.objectRef<ScopeNotGranted>('ScopeNotGrantedError').implement({
  description: 'More would be given than the caller holds. Nothing is narrowed silently.',
  interfaces: [FailureInterface],
  fields: (t) => ({
    excess: t.stringList({
      weighs: { size: 10 },
      description:
        'What is too much, sorted: scopes as they are, `role:NAME` and `permission:ID`, with `@zone:NAME` where they were ' +
        'asked for on one zone, and the place of an `allRoles` or `allPermissions`.',
      resolve: ({ excess }) => [...excess],
    }),
  }),
})
