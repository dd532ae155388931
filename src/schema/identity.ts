/** What has an identity, and how it is found by it: for Relay's `node` and for the references of other subgraphs. */
import { brandWithType } from '@pothos/core'
import type { GraphQLSchema } from 'graphql'
import type { Context } from '../context.ts'
import { accesses, organizations, permissions, roles, tokens, users } from '../db/tables.ts'
import { integerIdOf, nameIdOf, uuidOf } from '../ids.ts'
import { declaredScopes } from './scopesPlugin.ts'

/** A row and the name of its object type. */
export interface Found {
  readonly type: string
  readonly row: object
}

/** Finds a row of a kind by its id; null where there is none that the caller may see. Throws BAD_USER_INPUT for what is no id. */
type Find = (id: string, context: Context) => Promise<Found | null>

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

const findByKind: Readonly<Record<string, Find>> = {
  User: async (id, { loaders }) => found('User', await loaders.row(users, uuidOf('id', id))),
  Access: async (id, { loaders }) => {
    const access = await loaders.row(accesses, integerIdOf('id', id))
    return access && found(accessTypeName(access), access)
  },
  Role: async (id, { loaders }) => found('Role', await loaders.row(roles, nameIdOf('id', id))),
  Permission: async (id, { loaders }) => found('Permission', await loaders.row(permissions, nameIdOf('id', id))),
  Token: async (id, { loaders }) => found('Token', await loaders.row(tokens, integerIdOf('id', id))),
  Organization: async (id, { loaders }) => found('Organization', await loaders.row(organizations, uuidOf('id', id))),
}

function found(type: string, row: object | null): Found | null {
  return row && { type, row }
}

/** Whether there is something of this kind to be found: User, Access, Role, Permission, Token or Organization. */
export function isKind(kind: string): boolean {
  return Object.hasOwn(findByKind, kind)
}

/** What of the kind has the id; null where there is none. Throws BAD_USER_INPUT for what is no id. Ask `isCovered` first. */
export async function findByIdentity(kind: string, id: string, context: Context): Promise<Found | null> {
  return (await findByKind[kind]?.(id, context)) ?? null
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
