/** The Access Evaluation API (section 6): may the subject do it? */
import { evaluate, readEvaluation } from './decision.ts'
import type { Operation } from './operation.ts'

export const evaluation: Operation = (body) => {
  const asked = readEvaluation(body)
  return { scopes: ['permissions:check'], answer: (context) => evaluate(asked, context) }
}
