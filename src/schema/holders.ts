/** Who may do it: the accesses that have a permission, on a resource or everywhere. */
import type { Context } from '../context.ts'
import type { Access as AccessRow } from '../db/generated/prisma/client.ts'
import { accesses, permissions } from '../db/tables.ts'
import { integerIdOf, nameIdOf } from '../ids.ts'
import { reading } from '../links/columns.ts'
import { everything } from '../links/loaders.ts'
import { type KeysetArguments, keysetOf, pageOfRows } from '../page/keyset.ts'
import { type PageArguments, pageOf } from '../page/offset.ts'
import { byId } from '../page/order.ts'
import { type AccessSearch, accessesMatching } from '../search/accessSearch.ts'
import { AccessConnection, AccessSearchResult, accessSearchArgument } from './accesses.ts'
import { builder } from './builder.ts'
import { type Connection, connectionArguments } from './connection.ts'
import { connectionWeight, pageWeight } from './listWeights.ts'
import { Permission } from './permission.ts'
import { askedResource, ResourceInput } from './resource.ts'
import { pageArguments, type SearchResult } from './searchResult.ts'

/** Accesses of an organization that typically have a permission. */
const typicalHolders = 4_000

interface Given {
  readonly resource?: typeof ResourceInput.$inferInput | null | undefined
  readonly search?: AccessSearch | null | undefined
}

const heldOn = builder.args((t) => ({
  resource: t.field({
    type: ResourceInput,
    description: 'The resource on which they have it, or everywhere. Left out: those that have it everywhere.',
  }),
  search: t.field(accessSearchArgument),
}))
const permissionArgument = { required: true, description: 'The id of a permission.' } as const

/** What the arguments ask for. Throws BAD_USER_INPUT. */
function holdingOf({ resource, search }: Given, { rules, now }: Context) {
  return {
    name: JSON.stringify([resource ?? null, search ?? null]),
    resource: askedResource('resource', resource),
    where: search ? accessesMatching(search, rules) : everything.where,
    now,
  }
}

function holdersPage(permissionId: string, given: Given & PageArguments, context: Context): SearchResult<AccessRow> {
  const page = pageOf(given, context.policy.mostRows)
  const holding = holdingOf(given, context)
  const { loaders } = context
  // The database's statistics say nothing of what roles cover, so the estimate is the count.
  const total = () => loaders.holderCount(permissionId, holding)
  return {
    page,
    total,
    totalEstimate: total,
    results: () => loaders.holders(permissionId, holding, { ...page, fromEnd: false }),
  }
}

function holdersConnection(
  permissionId: string,
  given: Given & KeysetArguments,
  context: Context,
): Connection<AccessRow> {
  const keyset = keysetOf({ name: accesses.model, idOf: integerIdOf }, byId, given, context.policy.mostRows)
  const holding = holdingOf(given, context)
  const { loaders } = context
  const total = () => loaders.holderCount(permissionId, holding)
  const { after, before, size, fromEnd } = keyset
  const idOf = (place: typeof after) => place && integerIdOf('cursor', place.id)
  // One row more than asked for tells whether there is a further page.
  const range = { after: idOf(after), before: idOf(before), fromEnd, limit: size + 1, offset: 0 }
  return {
    page: async () => pageOfRows(await loaders.holders(permissionId, holding, range), keyset),
    total,
    totalEstimate: total,
  }
}

builder.queryFields((t) => ({
  accessesWithPermission: t.field({
    type: AccessSearchResult,
    scopes: ['accesses:read', 'permissions:check'],
    weighs: pageWeight(typicalHolders),
    description: 'Who may do it: the accesses that have the permission on the resource, or everywhere, by id, by page.',
    args: { permissionId: t.arg.id(permissionArgument), ...heldOn, ...pageArguments },
    resolve: (_, { permissionId, ...given }, context) =>
      holdersPage(nameIdOf('permissionId', permissionId), given, context),
  }),
  accessesWithPermissionConnection: t.field({
    type: AccessConnection,
    scopes: ['accesses:read', 'permissions:check'],
    weighs: connectionWeight(typicalHolders),
    description: 'The same by cursor, which is as fast at the end as at the start.',
    args: { permissionId: t.arg.id(permissionArgument), ...heldOn, ...connectionArguments },
    resolve: (_, { permissionId, ...given }, context) =>
      holdersConnection(nameIdOf('permissionId', permissionId), given, context),
  }),
}))

builder.prismaObjectField(Permission, 'accesses', (t) =>
  t.field({
    type: AccessSearchResult,
    scopes: ['permissions:check'],
    weighs: pageWeight(typicalHolders),
    description: 'Who may do it: the accesses that have the permission on the resource, or everywhere, by id, by page.',
    args: { ...heldOn, ...pageArguments },
    reads: [reading(permissions, 'id')],
    resolve: ({ id }, given, context) => holdersPage(id, given, context),
  }),
)
