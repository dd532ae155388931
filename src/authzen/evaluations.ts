/** The Access Evaluations API (section 7): many questions at once, with defaults for what they have in common. */
import type { Context } from '../context.ts'
import { GatewayError } from '../errors.ts'
import { isObject, type Members } from '../json.ts'
import { type DecisionBody, type Evaluation, evaluate, readEvaluation } from './decision.ts'
import { actionIn, entityIn, optionalObjectIn, wrong } from './entities.ts'
import { evaluation } from './evaluation.ts'
import type { Operation } from './operation.ts'

/** Which decision ends the evaluations: nothing is answered behind the first of its kind (section 7.1.2.1). */
const endings = { execute_all: null, deny_on_first_deny: false, permit_on_first_permit: true } as const

type Semantic = keyof typeof endings

/** Without evaluations it is the single one (section 7.1). */
export const evaluations: Operation = (body) => {
  const { evaluations: given } = body
  if (given === undefined || given === null || (Array.isArray(given) && given.length === 0)) return evaluation(body)
  if (!Array.isArray(given)) throw wrong('evaluations', 'a list', given)
  const defaults = readDefaults(body)
  const ending = endings[semanticOf(body)]
  return {
    scopes: ['permissions:check'],
    async answer(context) {
      const { mostRows } = context.policy
      if (given.length > mostRows) {
        const message = `"evaluations": expected at most ${mostRows}, received ${given.length}`
        throw new GatewayError('BAD_REQUEST', message)
      }
      const decisions = await Promise.all(given.map((item) => evaluateItem(item, defaults, context)))
      const end = decisions.findIndex(({ decision }) => decision === ending)
      return { evaluations: end === -1 ? decisions : decisions.slice(0, end + 1) }
    },
  }
}

/** What is given for all, which must be whole where it is there. Throws BAD_REQUEST. */
function readDefaults(body: Members): Members {
  optionalObjectIn(body, 'context')
  if (body.subject !== undefined) entityIn(body, 'subject')
  if (body.action !== undefined) actionIn(body)
  if (body.resource !== undefined) entityIn(body, 'resource')
  const { subject, action, resource } = body
  return { subject, action, resource }
}

function semanticOf(body: Members): Semantic {
  const { evaluations_semantic: semantic = 'execute_all' } = optionalObjectIn(body, 'options') ?? {}
  if (typeof semantic === 'string' && Object.hasOwn(endings, semantic)) return semantic as Semantic
  throw wrong('options.evaluations_semantic', `one of ${Object.keys(endings).join(', ')}`, semantic)
}

/** One of several: what it gives takes the place of the defaults, whole. One that can't be made is a deny that says why. */
async function evaluateItem(item: unknown, defaults: Members, context: Context): Promise<DecisionBody> {
  let asked: Evaluation
  try {
    if (!isObject(item)) throw wrong('evaluations', 'objects', item)
    asked = readEvaluation({ ...defaults, ...item })
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    const { code, message } = error
    return { decision: false, context: { error: { status: 400, code, message } } }
  }
  return evaluate(asked, context)
}
