/** The lines that bring in what is there: always in the same order, all members of each, from one moment. */
import type pg from 'pg'
import { StartupError } from '../errors.ts'
import type { Kind } from './kind.ts'
import { kinds, tokenKind } from './kinds.ts'

/** Rows that are fetched at once. */
const batch = 2_000

/** Texts of ids are ordered by their bytes, whatever the database's collation. */
const orders: Readonly<Record<string, string>> = {
  organization: 't.customer_id',
  permission: 't.id COLLATE "C"',
  role: 't.id COLLATE "C"',
  roleAssignment: 't.access_id, t.role_id COLLATE "C", t.resource_type NULLS FIRST, t.resource_id COLLATE "C"',
}

/** The id of the organization with the customer number. Throws StartupError where there is none. */
export async function findOrganization(client: pg.Client, customer: number): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM organizations WHERE customer_id = $1', [customer])
  if (rows[0] === undefined) throw new StartupError(`There is no organization with the customer number ${customer}`, 2)
  return rows[0].id
}

/** What an import can't bring in: the token of an access that was removed. Like the audit trail, it is history. */
const isLeftOut = 't.access_removed'

/**
 * Some lines at a time, as one text: of the organization, with the whole catalogue, or of all where it is null. `onLeftOut` is
 * told first how many tokens there are whose access was removed, which have no lines. Expects a client outside a transaction,
 * and nobody else on it meanwhile.
 */
export async function* exportLines(
  client: pg.Client,
  organizationId: string | null,
  onLeftOut: (tokens: number) => void,
): AsyncGenerator<string> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    const { rows: counted } = await client.query<{ tokens: number }>(
      `SELECT count(*)::integer AS tokens FROM tokens AS t WHERE ${isLeftOut} AND ($1::uuid IS NULL OR organization_id = $1)`,
      [organizationId],
    )
    onLeftOut(counted[0]?.tokens ?? 0)
    for (const kind of kinds) {
      await client.query(`DECLARE lines NO SCROLL CURSOR FOR ${selectRows(kind, organizationId)}`)
      for (;;) {
        const { rows } = await client.query<unknown[]>({ text: `FETCH ${batch} FROM lines`, rowMode: 'array' })
        if (rows.length > 0) yield rows.map((row) => `${JSON.stringify(lineOf(kind, row))}\n`).join('')
        if (rows.length < batch) break
      }
      await client.query('CLOSE lines')
    }
  } finally {
    await client.query('ROLLBACK')
  }
}

/** The columns of all members, in their order. */
function selectRows(kind: Kind, organizationId: string | null): string {
  const selected = kind.members.flatMap(({ name, own, columns }) => {
    if (name === 'permissions') {
      return [
        'ARRAY(SELECT permission_id FROM role_permissions WHERE role_id = t.id ORDER BY permission_id COLLATE "C")',
      ]
    }
    return columns.map((column) => column.selected(own ? `t.${column.name}` : 'organization.customer_id'))
  })
  const own = kind.type === 'organization' ? 't' : 'organization'
  const joined =
    kind.place === null || own === 't'
      ? ''
      : 'JOIN organizations AS organization ON organization.id = t.organization_id'
  const conditions = [
    ...(kind.place === null || organizationId === null ? [] : [`${own}.id = '${organizationId}'`]),
    ...(kind === tokenKind ? [`NOT ${isLeftOut}`] : []),
  ]
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  return `SELECT ${selected.join(', ')} FROM ${kind.table} AS t ${joined} ${where} ORDER BY ${orders[kind.type] ?? 't.id'}`
}

function lineOf({ type, members }: Kind, row: readonly unknown[]): object {
  const line: Record<string, unknown> = { type }
  const accessType = type === 'access' ? row[2] : undefined
  let next = 0
  for (const { name, only, columns, written } of members) {
    const selected = row.slice(next, next + columns.length)
    next += columns.length
    if (only === undefined || only.some((each) => each === accessType)) line[name] = written(selected)
  }
  return line
}
