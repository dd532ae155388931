/**
 * The roles that hold a permission, as a value of statements. It is looked up before the statement is sent, so that the
 * statement is planned for the very roles: where none holds the permission, nothing is gone through.
 */
import type { Catalogue } from '../db/catalogue.ts'
import type { Read, Statement } from '../db/read.ts'

/** Stands among the values of a statement for the ids of the roles that hold the permission. */
export class RolesHolding {
  readonly permissionId: string

  constructor(permissionId: string) {
    this.permissionId = permissionId
  }
}

/** Reads statements with such values among the others. */
export function knowingRoles(read: Read, catalogue: () => Promise<Catalogue>): Read {
  return async (statement) => {
    if (!statement.values.some((value) => value instanceof RolesHolding)) return read(statement)
    const roles = await catalogue()
    const values = statement.values.map((value) =>
      value instanceof RolesHolding ? roles.rolesOf(value.permissionId).map(({ id }) => id) : value,
    )
    return read({ ...planning(statement), text: statement.text, values })
  }
}

function planning({ isPlannedByValues }: Statement) {
  return isPlannedByValues === undefined ? {} : { isPlannedByValues }
}
