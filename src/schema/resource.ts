/** What a role or a permission can be limited to. */
import {
  canonicalResource,
  type ResourceKind,
  type Resource as ResourceShape,
  type ResourceType as ResourceTypeName,
  resourceTypes,
} from '../auth/resource.ts'
import { badInput } from '../errors.ts'
import { builder } from './builder.ts'

/** Federation takes no value of an enum that is an input that not all subgraphs with the enum have, but one that is hidden. */
const hidden = { directives: [{ name: 'inaccessible', args: {} }] }

export const ResourceType = builder.enumType('ResourceType', {
  description:
    'The kinds of resources that a role or a permission can be limited to. Be ready for values that are added later.',
  values: Object.fromEntries(
    Object.entries<ResourceKind>(resourceTypes).map(([type, { description, inaccessible }]) => [
      type,
      { description, ...(inaccessible ? { extensions: hidden } : {}) },
    ]),
  ) as unknown as Record<ResourceTypeName, { readonly description: string }>,
})

export const Resource = builder.objectRef<ResourceShape>('Resource').implement({
  description: 'Something outside of this graph that a role or a permission can be limited to.',
  shareable: true,
  fields: (t) => ({
    type: t.expose('type', { type: ResourceType, description: 'The kind of resource.' }),
    id: t.exposeID('id', {
      description:
        'Its identifier among its kind, in the one form that it has there: the name of a zone in lower case, without a ' +
        'final dot, internationalized labels as A-labels (`xn--…`).',
    }),
  }),
})

export const ResourceInput = builder.inputType('ResourceInput', {
  description: 'One resource.',
  fields: (t) => ({
    type: t.field({ type: ResourceType, required: true, description: 'The kind of resource.' }),
    id: t.id({
      required: true,
      description:
        'Its identifier among its kind. The name of a zone may be given in any of its spellings: `Münster.example.` is ' +
        '`xn--mnster-3ya.example`.',
    }),
  }),
})

/**
 * The resource that is given, in its canonical form; null where none is, which asks about everywhere. Throws BAD_USER_INPUT
 * where the id names none of its kind.
 */
export function askedResource(argument: string, given: ResourceShape | null | undefined): ResourceShape | null {
  if (!given) return null
  const resource = canonicalResource(given)
  if (resource === null) throw badInput(`${argument}.id`, resourceTypes[given.type].expected, given.id)
  return resource
}
