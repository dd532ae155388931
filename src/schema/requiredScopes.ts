/** Which scopes an operation needs, asked before it is sent. */
import type { NeededScope } from '../context.ts'
import { badInput } from '../errors.ts'
import { builder } from './builder.ts'

interface FieldScopes {
  readonly coordinate: string
  readonly scopes: readonly string[]
}

/** One way to be allowed: all of these scopes. */
interface Alternative {
  readonly needed: readonly NeededScope[]
  readonly missing: readonly string[]
}

const FieldScopes = builder.objectRef<FieldScopes>('FieldScopes').implement({
  description: 'What a field of an operation needs.',
  fields: (t) => ({
    coordinate: t.exposeString('coordinate', {
      description: 'The field, or the field of an input, as a schema coordinate: `Token.scope`.',
    }),
    scopes: t.stringList({
      weighs: { size: 1 },
      description: 'The scopes that it needs, sorted.',
      resolve: ({ scopes }) => [...scopes],
    }),
  }),
})

const ScopeAlternative = builder.objectRef<Alternative>('ScopeAlternative').implement({
  description: 'Scopes that are enough together.',
  fields: (t) => ({
    scopes: t.stringList({
      weighs: { size: 4 },
      description: 'All of them are needed, sorted.',
      resolve: ({ needed }) => needed.map(({ scope }) => scope),
    }),
    missing: t.stringList({
      weighs: { size: 4 },
      description: 'Those that the caller lacks, sorted.',
      resolve: ({ missing }) => [...missing],
    }),
    fields: t.field({
      type: [FieldScopes],
      weighs: { size: 20 },
      description: 'The fields that need them, by coordinate.',
      resolve: ({ needed }) => byField(needed),
    }),
  }),
})

const RequiredScopes = builder.objectRef<Alternative>('RequiredScopes').implement({
  description: 'The scopes that an operation needs.',
  fields: (t) => ({
    sufficient: t.boolean({
      description: 'Whether those of the caller are enough.',
      resolve: ({ missing }) => missing.length === 0,
    }),
    alternatives: t.field({
      type: [ScopeAlternative],
      weighs: { size: 1 },
      description:
        'Any one of them is enough; the least powerful comes first. An operation that needs no scope has one that is empty.',
      // Every declaration of the schema asks for all of its scopes, so there is but one way.
      resolve: (alternative) => [alternative],
    }),
  }),
})

function byField(needed: readonly NeededScope[]): FieldScopes[] {
  const scopes = new Map<string, string[]>()
  for (const { scope, fields } of needed) {
    for (const field of fields) scopes.set(field, [...(scopes.get(field) ?? []), scope])
  }
  return [...scopes]
    .map(([coordinate, of]) => ({ coordinate, scopes: of }))
    .sort((a, b) => (a.coordinate < b.coordinate ? -1 : 1))
}

builder.queryField('requiredScopes', (t) =>
  t.field({
    type: RequiredScopes,
    scopes: [],
    weighs: { documents: ['document'] },
    description:
      'The scopes that an operation needs: for these variables, or in the worst case where they are left out. Nothing of ' +
      'it is run.',
    args: {
      document: t.arg.string({ required: true, description: 'The document, as it would be sent.' }),
      operationName: t.arg.string({ description: 'Which of its operations. May be left out where there is only one.' }),
      variables: t.arg({
        type: 'JSON',
        description: 'The variables: an object. Left out, whatever might be run counts.',
      }),
    },
    resolve(_, { document, operationName, variables }, { documents, principal }) {
      if (!isVariables(variables)) throw badInput('variables', 'an object')
      const needed = documents.scopesOf(document, operationName, variables)
      const missing = needed.map(({ scope }) => scope).filter((scope) => !principal.scopes.has(scope))
      return { needed, missing }
    },
  }),
)

function isVariables(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && !Array.isArray(value))
}
