/** The Search APIs (Authorization API 1.0, section 8): who may do it, to what, and what may be done. */
import type { ResourceType } from '../auth/resource.ts'
import type { Scope } from '../auth/scopes.ts'
import type { Context } from '../context.ts'
import { asNameId } from '../ids.ts'
import { permissionsOf, placesOf } from '../rights.ts'
import {
  actionIn,
  type Entity,
  entityIn,
  entityOf,
  optionalObjectIn,
  resourceOf,
  resourceType,
  scopesOfSubjects,
  subjectType,
  typeIn,
  whomOf,
} from './entities.ts'
import type { Operation } from './operation.ts'
import { type Find, type Found, pageOf, readPage } from './page.ts'
import type { PageTokens } from './pageToken.ts'
import { subjectsWith } from './subjects.ts'

/** What the fields of the graph take that answer the same: `accessesWithPermission`, with what it leads to. */
const tellingOfSubjects: readonly Scope[] = ['permissions:check', 'accesses:read']
/** `Access.resources` and `Access.effectivePermissions`, which tell of roles. */
const tellingOfRights: readonly Scope[] = [...tellingOfSubjects, 'roles:read']

/** Subjects of the type that may. */
export function searchSubject(tokens: PageTokens): Operation {
  return (body) => {
    optionalObjectIn(body, 'context')
    const name = typeIn(body, 'subject')
    const [type, action, resource] = [
      subjectType(name),
      asNameId(actionIn(body)),
      resourceOf(entityIn(body, 'resource')),
    ]
    const page = readPage(body, 'subject')
    return {
      scopes: [...tellingOfSubjects, ...scopesOfSubjects(name)],
      answer(context) {
        const isPossible = type !== null && action !== null && resource !== null
        const find = isPossible ? subjectsWith(type, { permissionId: action, resource }, context) : nothing<Entity>
        return pageOf(page, find, context, tokens)
      },
    }
  }
}

/** Resources of the type that roles, or the token, are limited to; `everywhere` says whether it may on all of them. */
export function searchResource(tokens: PageTokens): Operation {
  return (body) => {
    optionalObjectIn(body, 'context')
    const subject = entityIn(body, 'subject')
    const action = actionIn(body)
    const type = resourceType(typeIn(body, 'resource'))
    const page = readPage(body, 'resource')
    return {
      scopes: [...tellingOfRights, ...scopesOfSubjects(subject.type)],
      async answer(context) {
        const { everywhere, resources } = await placesOn(type, subject, action, context)
        const found = resources.map((resource) => ({ key: resource.id, result: entityOf(resource) }))
        return { ...(await pageOf(page, among(found), context, tokens)), context: { everywhere } }
      },
    }
  }
}

async function placesOn(type: ResourceType | null, subject: Entity, action: string, context: Context) {
  const whom = whomOf(subject)
  if (type === null || whom === null) return { everywhere: false, resources: [] }
  const { everywhere, resources } = await placesOf(whom, action, context)
  return { everywhere, resources: resources.filter((resource) => resource.type === type) }
}

/** What the subject may do to the resource. */
export function searchAction(tokens: PageTokens): Operation {
  return (body) => {
    optionalObjectIn(body, 'context')
    const subject = entityIn(body, 'subject')
    const resource = resourceOf(entityIn(body, 'resource'))
    const page = readPage(body, 'action')
    return {
      scopes: [...tellingOfRights, ...scopesOfSubjects(subject.type)],
      async answer(context) {
        const permissions = resource === null ? [] : await permissionsOf(whomOf(subject), resource, context)
        const found = permissions.map(({ id }) => ({ key: id, result: { name: id } }))
        return pageOf(page, among(found), context, tokens)
      },
    }
  }
}

async function nothing<Result>(): Promise<readonly Found<Result>[]> {
  return []
}

/** Finds among results that are all there. */
function among<Result>(all: readonly Found<Result>[]): Find<Result> {
  const sorted = all.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return async (after, most) => sorted.filter(({ key }) => after === null || key > after).slice(0, most)
}
