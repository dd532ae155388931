/** Runs operations by their plans, and has graphql-js run what those do not. Both give the same answer. */
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, Kind, visit } from 'graphql'
import type { Context } from '../context.ts'
import { Written } from '../octets.ts'
import { createKeptTexts } from './keptTexts.ts'
import { NotPlanned, type Reason } from './notPlanned.ts'
import { createPlan, type ObjectPlan } from './plan.ts'
import { runPlan } from './run.ts'

/** Parts of the machinery that can be switched off, to see what each is worth. The answers are the same. */
export const parts = ['plan', 'ahead', 'fragments', 'merging', 'catalogue'] as const
export type Part = (typeof parts)[number]

/** What a request gives an operation. */
export interface Given {
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Which conditions of `@skip` and `@include` hold: equal where the same do. */
  readonly holding: bigint
}

/** The answer as JSON, where nothing failed; else what graphql-js makes of the operation. */
export type Executed = { readonly written: Written } | ExecutionResult

/** Executes a document of one operation, with what the request gives, which has been coerced. */
export type Execute<Result = Executed> = (document: DocumentNode, given: Given, context: Context) => Promise<Result>

export interface ExecutionOptions {
  readonly schema: GraphQLSchema
  /** graphql-js. */
  readonly otherwise: Execute<ExecutionResult>
  readonly without: ReadonlySet<Part>
  /** Told of each document that graphql-js runs. */
  readonly onHandedOver: (reason: Reason) => void
}

/** Plans of one document for different conditions at most. */
const mostPlans = 16

/** What a document is executed by, by the conditions of `@skip` and `@include` that hold. */
type Plans = Map<Given['holding'], ObjectPlan | NotPlanned>

/** An executor by plans. A mutation's document has one root field, and is begun once, whoever ends it. */
export function createExecution({ schema, otherwise, without, onHandedOver }: ExecutionOptions): Execute {
  const known = new WeakMap<DocumentNode, Plans>()
  const kept = createKeptTexts(!without.has('fragments'))
  const isOff = without.has('plan')
  const ahead = !without.has('ahead')

  const planOf = (document: DocumentNode, parts: Parts, { holding, variables }: Given): ObjectPlan | NotPlanned => {
    const plans: Plans = known.get(document) ?? new Map()
    known.set(document, plans)
    let plan = plans.get(holding)
    if (plan === undefined) {
      if (plans.size >= mostPlans) plans.clear()
      plan = madePlan(() => createPlan({ schema, ...parts, variables }))
      plans.set(holding, plan)
    }
    return plan
  }

  return async (document, given, context) => {
    try {
      if (isOff) throw new NotPlanned('off')
      const parts = partsOf(document)
      // Null is neither: graphql-js refuses it where it is reached.
      if (parts.conditional.some((name) => typeof given.variables[name] !== 'boolean')) throw new NotPlanned('failure')
      const plan = planOf(document, parts, given)
      if (plan instanceof NotPlanned) throw plan
      const { operation, fragments } = parts
      const { variables } = given
      const data = await runPlan(plan, { schema, operation, fragments, variables, context, kept, ahead })
      return { written: new Written(`{"data":${data}}`) }
    } catch (error) {
      onHandedOver(error instanceof NotPlanned ? error.reason : 'failure')
      // Which of several failures are told depends on which comes first.
      context.beginAnew()
      return otherwise(document, given, context)
    }
  }
}

function madePlan(make: () => ObjectPlan): ObjectPlan | NotPlanned {
  try {
    return make()
  } catch (error) {
    if (error instanceof NotPlanned) return error
    throw error
  }
}

type Parts = ReturnType<typeof readParts>
const knownParts = new WeakMap<DocumentNode, Parts>()

function partsOf(document: DocumentNode): Parts {
  const parts = knownParts.get(document) ?? readParts(document)
  knownParts.set(document, parts)
  return parts
}

function readParts(document: DocumentNode) {
  const { definitions } = document
  const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) throw new Error('expected a document with an operation')
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
  return {
    operation,
    fragments: new Map(fragments.map((fragment) => [fragment.name.value, fragment])),
    conditional: conditionalVariables(document),
  }
}

/** The variables that `@skip` and `@include` ask. */
function conditionalVariables(document: DocumentNode): readonly string[] {
  const names = new Set<string>()
  visit(document, {
    Directive(directive) {
      for (const { value } of directive.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}
