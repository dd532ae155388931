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
  const where = type === 'user' ? isFirstOfUser(permissionId, resource) : everything.where
  const holding = { name: `${type} ${JSON.stringify(resource)}`, resource, where, now }
  return async (after, limit) => {
    const range = { ...begins(after), fromEnd: false, limit, offset: 0 }
    const rows = await loaders.holders(permissionId, holding, range)
    return rows.map(({ id, userId }) => ({ key: `${id}`, result: { type, id: type === 'user' ? userId : `${id}` } }))
  }
}

/** By id. Rare permissions and common ones are best found from opposite ends, so each statement is planned by its values. */
function tokensWith({ permissionId, resource }: Asked, { read, visibility, columns, now }: Context): Find<Entity> {
  return async (after, limit) => {
    const range = { ...begins(after), limit }
    const statement = selectTokenHolders(permissionId, columns(tokens), { resource, now }, range, visibility)
    const rows = await read<{ readonly id: number }>(plannedByValues(statement))
    return rows.map(({ id }) => ({ key: `${id}`, result: { type: 'token', id: `${id}` } }))
  }
}

function begins(after: string | null) {
  return after === null ? {} : { after: Number(after) }
}
