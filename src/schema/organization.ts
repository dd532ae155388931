import { builder } from './builder.ts'

export const Organization = builder.prismaObject('Organization', {
  scopes: [],
  fields: (t) => ({
    id: t.exposeID('id'),
    customerId: t.exposeInt('customerId'),
    name: t.exposeString('name'),
  }),
})

export const IdentityProvider = builder.prismaObject('IdentityProvider', {
  fields: (t) => ({
    id: t.exposeID('id'),
    domain: t.exposeString('domain'),
  }),
})
