/** What has an identity, and how it is found by it: for Relay's `node` and for the references of other subgraphs. */
import { brandWithType } from '@pothos/core'
import type { GraphQLSchema } from 'graphql'
import type { Context } from '../context.ts'
import { accesses, organizations, permissions, roles, tokens, users } from '../db/tables.ts'
import { asIntegerId, asNameId, asUuid } from '../ids.ts'
import { declaredScopes } from './scopesPlugin.ts'

/** A row and the name of its object type. */
export interface Found {
  readonly type: string
  readonly row: object
}

/** What an id of some kind refers to, before it has been looked for. Whether there is anything is another question. */
export interface Reference {
  readonly kind: string
  /** Null where there is none that the caller may see. Ask `isCovered` first. */
  find(context: Context): Promise<Found | null>
}

const accessTypeNames = {
  UI_CONNECTION: 'UiConnectionAccess',
  SSO_CONNECTION: 'SsoConnectionAccess',
  API_CONNECTION: 'ApiConnectionAccess',
  PROFILE: 'ProfileAccess',
} as const

/** The object type of an access. */
export function accessTypeName(access: { readonly type: keyof typeof accessTypeNames }): string {
  return accessTypeNames[access.type]
}

/** How the ids of a kind are read, and how a row is found by one. */
function kind<Id>(
  asId: (text: string) => Id | null,
  find: (id: Id, context: Context) => Promise<Found | null>,
): (text: string) => Reference['find'] | null {
  return (text) => {
    const id = asId(text)
    return id === null ? null : (context) => find(id, context)
  }
}

const kinds: Readonly<Record<string, (text: string) => Reference['find'] | null>> = {
  User: kind(asUuid, async (id, { loaders }) => found('User', await loaders.row(users, id))),
  Access: kind(asIntegerId, async (id, { loaders }) => {
    const access = await loaders.row(accesses, id)
    return access && found(accessTypeName(access), access)
  }),
  Role: kind(asNameId, async (id, { loaders }) => found('Role', await loaders.row(roles, id))),
  Permission: kind(asNameId, async (id, { loaders }) => found('Permission', await loaders.row(permissions, id))),
  Token: kind(asIntegerId, async (id, { loaders }) => found('Token', await loaders.row(tokens, id))),
  Organization: kind(asUuid, async (id, { loaders }) => found('Organization', await loaders.row(organizations, id))),
}

function found(type: string, row: object | null): Found | null {
  return row && { type, row }
}

/**
 * What the id of the kind (User, Access, Role, Permission, Token or Organization) refers to; null where there is no such
 * kind, or where the text is no id of it.
 */
export function referenceTo(kind: string, id: string): Reference | null {
  const find = Object.hasOwn(kinds, kind) ? kinds[kind]?.(id) : null
  return find ? { kind, find } : null
}

/**
 * Whether the caller's scopes cover the kind. Which kind a reference leads to is part of its id, so this one check of
 * scopes can't be made before the operation is run. It is made before anything is looked for: how long that takes would
 * tell whether it is there.
 */
export function isCovered(kind: string, { principal }: Context, schema: GraphQLSchema): boolean {
  const declaring = schema.getType(kind)
  return declaring !== undefined && (declaredScopes(declaring) ?? []).every((scope) => principal.scopes.has(scope))
}

/** The row, branded with its type, so that an interface or a union knows which it is. */
export function branded({ type, row }: Found): object {
  brandWithType(row, type as never)
  return row
}
