/** What a role or a permission can be limited to. */
import { builder } from './builder.ts'

export interface ResourceShape {
  readonly type: 'ZONE'
  readonly id: string
}

export const ResourceType = builder.enumType('ResourceType', {
  description:
    'The kinds of resources that a role or a permission can be limited to. Be ready for values that are added later.',
  values: { ZONE: { description: 'A DNS zone, identified by its name.' } },
})

export const Resource = builder.objectRef<ResourceShape>('Resource').implement({
  description: 'Something outside of this graph that a role or a permission can be limited to.',
  shareable: true,
  fields: (t) => ({
    type: t.expose('type', { type: ResourceType, description: 'The kind of resource.' }),
    id: t.exposeID('id', { description: 'Its identifier among its kind, for example the name of a zone.' }),
  }),
})

export const ResourceInput = builder.inputType('ResourceInput', {
  description: 'One resource.',
  fields: (t) => ({
    type: t.field({ type: ResourceType, required: true, description: 'The kind of resource.' }),
    id: t.id({ required: true, description: 'Its identifier among its kind, for example the name of a zone.' }),
  }),
})
