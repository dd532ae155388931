/** Organizations as places to begin: for callers who see several of them. */
import { anything } from '../db/conditions.ts'
import { organizations } from '../db/tables.ts'
import { uuidOf } from '../ids.ts'
import { byId } from '../page/order.ts'
import { builder } from './builder.ts'
import { findPage } from './find.ts'
import { pageWeight } from './listWeights.ts'
import { Organization } from './organization.ts'
import { pageArguments, searchResultType } from './searchResult.ts'

/** Organizations that somebody sees who sees all of them. */
const typicalOrganizations = 1_000

const OrganizationSearchResult = searchResultType(Organization, {
  name: 'OrganizationSearchResult',
  items: 'organizations',
  scopes: [],
})

builder.queryFields((t) => ({
  organization: t.field({
    type: Organization,
    nullable: true,
    scopes: [],
    description: 'One organization by id. Null where there is none that the caller may see.',
    args: { id: t.arg.id({ required: true, description: 'A UUID.' }) },
    resolve: (_, { id }, { loaders }) => loaders.row(organizations, uuidOf('id', id)),
  }),
  organizations: t.field({
    type: OrganizationSearchResult,
    scopes: [],
    weighs: pageWeight(typicalOrganizations),
    description:
      'The organizations that the caller sees, by id, by page: its own, or with `organizations:all` every one.',
    args: pageArguments,
    resolve: (_, given, context) => findPage(context, organizations, { page: anything, total: anything }, given, byId),
  }),
}))
