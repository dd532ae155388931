/** A decision as AuthZEN writes it (section 5.5). A deny says why in its context. */
import type { Decision, Missing, MissingKind } from '../auth/decide.ts'
import { discreetSummaryOf, summaryOf } from '../auth/explain.ts'
import type { Principal } from '../auth/principal.ts'
import { parseResource } from '../auth/resource.ts'
import type { Context } from '../context.ts'
import type { ErrorCode } from '../errors.ts'
import type { Members } from '../json.ts'
import { decideOn } from '../rights.ts'
import { actionIn, type Entity, entityIn, entityOf, optionalObjectIn, resourceOf, whomOf } from './entities.ts'

/** A question of the Access Evaluation API (section 6.1). */
export interface Evaluation {
  readonly subject: Entity
  readonly action: string
  readonly resource: Entity
}

export interface DecisionBody {
  readonly decision: boolean
  readonly context?: Reason | Failed
}

/** Why it is denied: one sentence, and what is missing. */
interface Reason {
  readonly reason: string
  readonly missing: readonly MissingBody[]
}

/** Why one of several evaluations could not be made. */
interface Failed {
  readonly error: { readonly status: number; readonly code: ErrorCode; readonly message: string }
}

interface MissingBody {
  readonly kind: MissingKind | 'UNKNOWN_RESOURCE'
  readonly role?: string
  readonly resource?: Entity
}

/** Throws BAD_REQUEST where something is missing or has the wrong form. */
export function readEvaluation(body: Members): Evaluation {
  optionalObjectIn(body, 'context')
  return { subject: entityIn(body, 'subject'), action: actionIn(body), resource: entityIn(body, 'resource') }
}

/** Whether the subject may. Who and what is not there may nothing, and nothing may be done to it. */
export async function evaluate({ subject, action, resource }: Evaluation, context: Context): Promise<DecisionBody> {
  const asked = resourceOf(resource)
  if (asked === null) return { decision: false, context: unknownResource }
  const { decision } = await decideOn(whomOf(subject), { permissionId: action, resource: asked }, context)
  return decision.allowed ? { decision: true } : { decision: false, context: reasonOf(decision, context.principal) }
}

const unknownResource: Reason = {
  reason: 'Denied: there can be no such resource.',
  missing: [{ kind: 'UNKNOWN_RESOURCE' }],
}

/** Which roles would help, or are held elsewhere, is told to who may read roles only, as in the graph. */
function reasonOf(decision: Decision, { scopes }: Principal): Reason {
  const { missing } = decision
  if (scopes.has('roles:read')) return { reason: summaryOf(decision), missing: missing.map(missingBody) }
  const kinds = new Set(missing.map(({ kind }) => kind))
  return { reason: discreetSummaryOf(decision), missing: [...kinds].map((kind) => ({ kind })) }
}

function missingBody({ kind, roleId, resource }: Missing): MissingBody {
  return {
    kind,
    ...(roleId === null ? {} : { role: roleId }),
    ...(resource === null ? {} : { resource: entityOf(parseResource(resource)) }),
  }
}
