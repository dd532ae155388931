/**
 * The catalogue of roles and permissions, which all organizations share, in memory. The database counts its versions: a
 * copy is used only for what was read at its version or before, so it is never stale for who has been told of a change,
 * on whichever process.
 */
import { type Permission, Prisma, type Role } from './generated/prisma/client.ts'
import { betweenIds } from './heldRoles.ts'
import type { Read } from './read.ts'

/**
 * One version of the catalogue. Its lists are by id, and equal lists are the same array. A set of roles is written as the
 * database writes those of an access (`heldRoles`), without ends.
 */
export class Catalogue {
  readonly version: bigint
  readonly roles: readonly Role[]
  readonly permissions: readonly Permission[]
  readonly #roles: ReadonlyMap<string, Placed<Role>>
  readonly #permissions: ReadonlyMap<string, Placed<Permission>>
  readonly #permissionsOf = new Map<string, readonly Permission[]>()
  readonly #rolesOf = new Map<string, readonly Role[]>()
  readonly #permissionIdsOf = new Map<string, readonly string[]>()
  readonly #roleIdsWith = new Map<string, readonly string[]>()
  readonly #sets = new Map<string, RoleSet>()

  constructor({ version, roles, permissions, pairs }: Written) {
    this.version = BigInt(version)
    this.roles = roles
    this.permissions = permissions
    this.#roles = placed(roles)
    this.#permissions = placed(permissions)
    const permissionIds = groupedBy(pairs, 0)
    const roleIds = groupedBy(pairs, 1)
    for (const role of roles) {
      const permitted = rowsOf(this.#permissions, permissionIds.get(role.id) ?? [])
      this.#permissionsOf.set(role.id, permitted)
      this.#permissionIdsOf.set(role.id, permitted.map(idOf))
      linked.set(role, permitted)
    }
    for (const permission of permissions) {
      const having = rowsOf(this.#roles, roleIds.get(permission.id) ?? [])
      this.#rolesOf.set(permission.id, having)
      this.#roleIdsWith.set(permission.id, having.map(idOf))
      linked.set(permission, having)
    }
  }

  /** Null where there is none. */
  role(id: string): Role | null {
    return this.#roles.get(id)?.row ?? null
  }

  /** Null where there is none. */
  permission(id: string): Permission | null {
    return this.#permissions.get(id)?.row ?? null
  }

  /** What the role permits; nothing where there is no such role. */
  permissionsOf(roleId: string): readonly Permission[] {
    return this.#permissionsOf.get(roleId) ?? none
  }

  /** The roles that have the permission; none where there is no such permission. */
  rolesOf(permissionId: string): readonly Role[] {
    return this.#rolesOf.get(permissionId) ?? none
  }

  /** The ids of what the role permits; none where there is no such role. */
  permissionIdsOf(roleId: string): readonly string[] {
    return this.#permissionIdsOf.get(roleId) ?? none
  }

  /** The ids of the roles that have the permission; null where there is no such permission. */
  roleIdsWith(permissionId: string): readonly string[] | null {
    return this.#roleIdsWith.get(permissionId) ?? null
  }

  /** The roles of a set, each once. Ids of no role are left out. */
  rolesIn(set: string): readonly Role[] {
    return this.#set(set).roles
  }

  /** The same, where a foreign key guarantees that there are such roles. Throws where one is missing. */
  rolesHeld(set: string): readonly Role[] {
    const { roles, missing } = this.#set(set)
    if (missing !== undefined) throw new Error(`there is no role ${missing} in the catalogue`)
    return roles
  }

  /** What the roles of a set permit, each once. */
  permissionsIn(roles: string): readonly Permission[] {
    const set = this.#set(roles)
    set.permissions ??= rowsOf(
      this.#permissions,
      set.roles.flatMap(({ id }) => this.permissionsOf(id).map((permission) => permission.id)),
    )
    return set.permissions
  }

  /** What the roles with these ids permit, each once. */
  permissionsWith(roleIds: readonly string[]): readonly Permission[] {
    return this.permissionsIn(roleIds.join(betweenIds))
  }

  #set(name: string): RoleSet {
    let set = this.#sets.get(name)
    if (set === undefined) {
      if (this.#sets.size >= mostSets) this.#sets.clear()
      set = this.#equalSet(name)
      // A text of its own: that of a row would keep all rows that came with it.
      this.#sets.set(JSON.parse(JSON.stringify(name)), set)
    }
    return set
  }

  /** Sets that differ in the order of their ids, or name some twice, are one. */
  #equalSet(name: string): RoleSet {
    const ids = name === '' ? [] : [...new Set(name.split(betweenIds))].sort()
    const usual = ids.join(betweenIds)
    const missing = ids.find((id) => !this.#roles.has(id))
    return (
      this.#sets.get(usual) ?? this.#keep(usual, { roles: rowsOf(this.#roles, ids), missing, permissions: undefined })
    )
  }

  #keep(name: string, set: RoleSet): RoleSet {
    this.#sets.set(name, set)
    return set
  }
}

/** What a role permits, and the roles that have a permission, as in the version that the row is of. */
const linked = new WeakMap<object, readonly object[]>()

/** The permissions of this very row of a role, or the roles of that of a permission; undefined for a row of no catalogue. */
export function linkedInCatalogue(row: object): readonly object[] | undefined {
  return linked.get(row)
}

interface RoleSet {
  readonly roles: readonly Role[]
  /** An id of no role. */
  readonly missing: string | undefined
  permissions: readonly Permission[] | undefined
}

/** Sets of roles that are kept: accesses hold few different ones. */
const mostSets = 10_000
const none: readonly never[] = Object.freeze([])

function idOf({ id }: { readonly id: string }): string {
  return id
}

interface Placed<Row> {
  readonly row: Row
  /** Its place among all, by id. */
  readonly place: number
}

function placed<Row extends { readonly id: string }>(rows: readonly Row[]): ReadonlyMap<string, Placed<Row>> {
  return new Map(rows.map((row, place) => [row.id, { row, place }]))
}

function rowsOf<Row>(known: ReadonlyMap<string, Placed<Row>>, ids: readonly string[]): readonly Row[] {
  const found = new Set(ids.map((id) => known.get(id)).filter((each) => each !== undefined))
  return [...found].sort((a, b) => a.place - b.place).map(({ row }) => row)
}

function groupedBy(pairs: Written['pairs'], side: 0 | 1): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const pair of pairs) {
    const group = groups.get(pair[side])
    const other = pair[side === 0 ? 1 : 0]
    if (group === undefined) groups.set(pair[side], [other])
    else group.push(other)
  }
  return groups
}

/** A catalogue of nothing. */
export const emptyCatalogue = new Catalogue({ version: 0n, roles: [], permissions: [], pairs: [] })

/** The catalogue as one statement gives it: from one snapshot. */
interface Written {
  readonly version: bigint
  readonly roles: readonly Role[]
  readonly permissions: readonly Permission[]
  /** Role and permission. */
  readonly pairs: readonly (readonly [string, string])[]
}

const selectCatalogue = Prisma.sql`
  SELECT version,
    (SELECT coalesce(json_agg(json_build_object('id', id, 'description', description) ORDER BY id COLLATE "C"), '[]')
      FROM roles) AS roles,
    (SELECT coalesce(json_agg(json_build_object('id', id, 'description', description) ORDER BY id COLLATE "C"), '[]')
      FROM permissions) AS permissions,
    (SELECT coalesce(json_agg(json_build_array(role_id, permission_id)), '[]') FROM role_permissions) AS pairs
  FROM catalogue_version`

const selectVersion = Prisma.sql`SELECT version FROM catalogue_version`

/** The copy of a process. */
export interface Catalogues {
  /** The copy, where it is of this version or a later one. */
  atHand(version: bigint): Catalogue | undefined
  /** The catalogue at this version or a later one. `read` is asked where the copy is older. */
  atLeast(version: bigint, read: Read): Promise<Catalogue>
  /** The catalogue as it is now: `read` is asked for its version at least. */
  now(read: Read): Promise<Catalogue>
}

/**
 * A copy that is loaded when it is first asked for, and again when a later version is. With `kept` false none is kept.
 */
export function createCatalogues(kept = true): Catalogues {
  let latest: Catalogue | undefined
  let loading: Promise<Catalogue> | undefined

  const load = (read: Read): Promise<Catalogue> => {
    const begun = read<Written>(selectCatalogue).then(([written]) => {
      if (written === undefined) throw new Error('expected the version of the catalogue')
      const loaded = new Catalogue(written)
      if (kept) latest = loaded
      return loaded
    })
    loading = begun
    return begun
  }
  const atHand = (version: bigint) => (latest !== undefined && latest.version >= version ? latest : undefined)
  const atLeast = async (version: bigint, read: Read): Promise<Catalogue> => {
    const known = atHand(version)
    if (known !== undefined) return known
    // One that was begun before the version was read may be older than it.
    for (let joined: typeof loading; joined !== loading; ) {
      joined = loading
      const loaded = await joined?.catch(() => undefined)
      if (loaded !== undefined && loaded.version >= version) return loaded
    }
    return load(read)
  }
  return {
    atHand,
    atLeast,
    async now(read) {
      if (latest === undefined) return load(read)
      const [current] = await read<{ readonly version: bigint }>(selectVersion)
      if (current === undefined) throw new Error('expected the version of the catalogue')
      // A lower one than that of the copy: the database has been restored.
      return current.version < latest.version ? load(read) : atLeast(current.version, read)
    },
  }
}

/** The catalogue for what was read at the version; the latest one where there is a later one already. */
export async function catalogueAt(version: bigint, catalogues: Catalogues, read: Read): Promise<Catalogue> {
  const known = await catalogues.atLeast(version, read)
  // A later one than what is held was read with: it has been changed since, or the database has been restored.
  return known.version === version ? known : catalogues.now(read)
}
