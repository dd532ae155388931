/** Who may do it: the subjects of a type, by the statements that are the evaluator's twins. */
import type { Resource } from '../auth/resource.ts'
import type { Context } from '../context.ts'
import { plannedByValues } from '../db/read.ts'
import { tokens } from '../db/tables.ts'
import { isFirstOfUser, selectTokenHolders } from '../links/holders.ts'
import { everything } from '../links/loaders.ts'
import type { Entity, SubjectType } from './entities.ts'
import type { Find } from './page.ts'

interface Asked {
  readonly permissionId: string
  readonly resource: Resource
}

/** Those that have the permission on the resource, or everywhere, in an order of their own. */
export function subjectsWith(type: SubjectType, asked: Asked, context: Context): Find<Entity> {
  return type === 'token' ? tokensWith(asked, context) : accessesWith(type, asked, context)
}

/** Accesses by id. Users by the first of their accesses that has it: so a page is found along the index of accesses. */
function accessesWith(type: 'access' | 'user', { permissionId, resource }: Asked, context: Context): Find<Entity> {
  const { loaders, now } = context
  const where = type === 'user' ? isFirstOfUser(permissionId, { resource, now }) : everything.where
  const holding = { name: `${type} ${JSON.stringify(resource)}`, resource, where, now }
  return async (after, limit) => {
    const range = { ...begins(after), fromEnd: false, limit, offset: 0 }
    const rows = await loaders.holders(permissionId, holding, range)
    return rows.map(({ id, userId }) => ({ key: `${id}`, result: { type, id: type === 'user' ? userId : `${id}` } }))
  }
}

/** By id. Rare roles and common ones are best found from opposite ends, so the statement is planned for the very roles. */
function tokensWith({ permissionId, resource }: Asked, context: Context): Find<Entity> {
  const { loaders, read, visibility, columns, now, tokenTime } = context
  return async (after, limit) => {
    const roleIds = (await loaders.catalogue()).rolesOf(permissionId).map(({ id }) => id)
    if (roleIds.length === 0) return []
    const [asked, range] = [
      { resource, now, tokenTime },
      { ...begins(after), limit },
    ]
    const statement = selectTokenHolders(permissionId, roleIds, columns(tokens), asked, range, visibility)
    const rows = await read<{ readonly id: number }>(plannedByValues(statement))
    return rows.map(({ id }) => ({ key: `${id}`, result: { type: 'token', id: `${id}` } }))
  }
}

function begins(after: string | null) {
  return after === null ? {} : { after: Number(after) }
}
