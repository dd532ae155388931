/**
 * The entities of AuthZEN's information model (Authorization API 1.0, section 5), as they are read out of a request, and
 * what they stand for here. Members that nobody knows are ignored, and so are `properties` and `context`: roles decide.
 */
import { canonicalResource, type Resource, type ResourceType, resourceTypes } from '../auth/resource.ts'
import type { Scope } from '../auth/scopes.ts'
import { GatewayError } from '../errors.ts'
import { asIntegerId, asUuid } from '../ids.ts'
import { isObject, kindOf, type Members } from '../json.ts'
import type { Whom } from '../links/subjects.ts'

/** A subject or a resource. */
export interface Entity {
  readonly type: string
  readonly id: string
}

/** The member, which must be an object. Throws BAD_REQUEST. */
export function objectIn(of: Members, name: string): Members {
  const value = of[name]
  if (!isObject(value)) throw wrong(name, 'an object', value)
  return value
}

/** The member, which must be an object where it is there; null and left out are the same. Throws BAD_REQUEST. */
export function optionalObjectIn(of: Members, name: string): Members | undefined {
  return of[name] === null || of[name] === undefined ? undefined : objectIn(of, name)
}

/** The subject or the resource. Throws BAD_REQUEST. */
export function entityIn(of: Members, name: 'subject' | 'resource'): Entity {
  const entity = objectIn(of, name)
  optionalObjectIn(entity, 'properties')
  return { type: textIn(entity, name, 'type'), id: textIn(entity, name, 'id') }
}

/** The type of the subjects or the resources that are searched for: an id beside it is ignored. Throws BAD_REQUEST. */
export function typeIn(of: Members, name: 'subject' | 'resource'): string {
  const entity = objectIn(of, name)
  optionalObjectIn(entity, 'properties')
  return textIn(entity, name, 'type')
}

/** The name of the action. Throws BAD_REQUEST. */
export function actionIn(of: Members): string {
  const action = objectIn(of, 'action')
  optionalObjectIn(action, 'properties')
  return textIn(action, 'action', 'name')
}

function textIn(entity: Members, name: string, member: string): string {
  const value = entity[member]
  if (typeof value !== 'string') throw wrong(`${name}.${member}`, 'a text', value)
  return value
}

/** BAD_REQUEST for a member of a request; the message completes the sentence. */
export function wrong(place: string, expected: string, received: unknown): GatewayError {
  return new GatewayError('BAD_REQUEST', `"${place}": expected ${expected}, received ${kindOf(received)}`)
}

interface SubjectKind {
  /** What it takes to be told of subjects of the kind in a search. */
  readonly scopes: readonly Scope[]
  /** Null where the text is no id of the kind: then there is nobody by it. */
  whom(id: string): Whom | null
}

/** Every type of subjects, by its name. */
const subjectTypes = {
  user: {
    scopes: ['users:read'],
    whom(id) {
      const uuid = asUuid(id)
      return uuid === null ? null : { kind: 'user', id: uuid }
    },
  },
  access: { scopes: [], whom: (id) => numbered('access', id) },
  token: { scopes: ['tokens:read'], whom: (id) => numbered('token', id) },
} as const satisfies Record<Whom['kind'], SubjectKind>

export type SubjectType = keyof typeof subjectTypes

function numbered(kind: 'access' | 'token', text: string): Whom | null {
  const id = asIntegerId(text)
  return id === null ? null : { kind, id }
}

/** The type of subjects with this name; null where there is none. */
export function subjectType(name: string): SubjectType | null {
  return Object.hasOwn(subjectTypes, name) ? (name as SubjectType) : null
}

/** What it takes to be told of subjects of this type in a search. */
export function scopesOfSubjects(name: string): readonly Scope[] {
  const type = subjectType(name)
  return type === null ? [] : subjectTypes[type].scopes
}

/** Whom the subject stands for; null where it can be nobody. */
export function whomOf({ type: name, id }: Entity): Whom | null {
  const type = subjectType(name)
  return type === null ? null : subjectTypes[type].whom(id)
}

/** The type of resources with this name, which is that of the graph in lower case; null where there is none. */
export function resourceType(name: string): ResourceType | null {
  const types = Object.keys(resourceTypes) as ResourceType[]
  return types.find((type) => type.toLowerCase() === name) ?? null
}

/** What the resource stands for, in its canonical form; null where it can be nothing. */
export function resourceOf({ type: name, id }: Entity): Resource | null {
  const type = resourceType(name)
  return type === null ? null : canonicalResource({ type, id })
}

/** The resource as an entity. */
export function entityOf({ type, id }: Resource): Entity {
  return { type: type.toLowerCase(), id }
}
