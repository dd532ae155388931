/** What questions are asked with, drawn from the rows that a caller sees. */
import type pg from 'pg'
import { rolePermissions } from '../../examples/data/demo/catalogue.ts'
import { encodeCursor } from '../../src/page/cursor.ts'
import type { ListName } from './questions.ts'

/** A place nine tenths down a list. */
interface Place {
  readonly offset: number
  readonly cursor: string
}

export interface Samples {
  readonly users: readonly string[]
  readonly user: string
  readonly email: string
  readonly accesses: readonly string[]
  readonly access: string
  readonly tokens: readonly string[]
  readonly customer: number
  readonly role: string
  readonly rarePermission: string
  readonly commonPermission: string
  /** Instants. */
  readonly future: string
  readonly soon: string
  readonly recent: string
  readonly middle: string
  readonly past: string
  readonly deepInRole: number
  /** A resource that roles are held on. */
  readonly zone: string
  deep(list: ListName, order: string, direction: 'ASC' | 'DESC'): Place
}

const columns: Readonly<Record<string, string>> = {
  LASTNAME: 'lastname',
  FIRSTNAME: 'firstname',
  EMAIL: 'email',
  CREATED_AT: 'created_at',
  UPDATED_AT: 'updated_at',
  EXPIRES_AT: 'expires_at',
  TYPE: 'type',
  NAME: 'name',
  LAST_LOGIN_AT: 'last_login_at',
  LAST_USED_AT: 'last_used_at',
}

const models: Readonly<Record<ListName, string>> = { users: 'User', accesses: 'Access', tokens: 'Token' }

const role = 'auditor'

/** Draws from the rows of one organization, or of all where it is null; `orders` are those of each list. */
export async function drawSamples(
  client: pg.Client,
  organization: string | null,
  orders: Readonly<Record<ListName, readonly string[]>>,
): Promise<Samples> {
  const where = organization === null ? 'TRUE' : `organization_id = '${organization}'`
  const ids = async (table: string) => {
    const { rows } = await client.query<{ id: string }>(
      `SELECT id::text FROM ${table} WHERE ${where} ORDER BY md5(id::text) LIMIT 20`,
    )
    return rows.map(({ id }) => id)
  }
  const places = new Map<string, Place>()
  for (const [list, names] of Object.entries(orders) as [ListName, readonly string[]][]) {
    const counted = await client.query<{ count: number }>(`SELECT count(*)::int FROM ${list} WHERE ${where}`)
    const offset = Math.floor((counted.rows[0]?.count ?? 0) * 0.9)
    for (const name of ['ID', ...names]) {
      for (const direction of ['ASC', 'DESC'] as const) {
        const column = columns[name]
        const sorted = column === undefined ? '' : `${column} ${direction} NULLS LAST,`
        const { rows } = await client.query<{ id: string; value: string | null }>(
          `SELECT id::text, ${column === undefined ? 'NULL' : `${column}::text`} AS value FROM ${list} WHERE ${where}
           ORDER BY ${sorted} ${list}.id ${direction} OFFSET ${offset} LIMIT 1`,
        )
        const [place] = rows
        if (place === undefined) throw new Error(`expected rows of ${list}`)
        const order = {
          name,
          direction,
          value: column === undefined ? null : ({} as never),
          type: 'text',
          nullable: true,
        }
        places.set(`${list} ${name} ${direction}`, {
          offset,
          cursor: encodeCursor(models[list], order as never, place),
        })
      }
    }
  }
  const users = await ids('users')
  const tokens = await ids('tokens')
  const first = await client.query<{
    email: string
    customer: number
    access: string
    user: string
    held: number
    zone: string
  }>(
    `SELECT email, customer_id AS customer,
       (SELECT access_id::text FROM tokens WHERE id = $2) AS access,
       (SELECT user_id::text FROM accesses WHERE id = (SELECT access_id FROM tokens WHERE id = $2)) AS user,
       (SELECT count(*)::int FROM role_assignments WHERE role_id = '${role}' AND ${where}) AS held,
       (SELECT resource_id FROM role_assignments WHERE resource_type = 'ZONE' AND ${where} LIMIT 1) AS zone
     FROM users JOIN organizations ON organizations.id = organization_id WHERE users.id = $1`,
    [users[0], tokens[0]],
  )
  const found = first.rows[0]
  if (found === undefined) throw new Error('expected users')
  const { rare, common } = permissionsByRoles()
  const day = 24 * 60 * 60 * 1_000
  const instant = (days: number) => new Date(Math.floor(Date.now() / day) * day + days * day).toISOString()
  return {
    users,
    user: found.user,
    email: found.email,
    accesses: await ids('accesses'),
    access: found.access,
    tokens,
    customer: found.customer,
    role,
    rarePermission: rare,
    commonPermission: common,
    future: instant(20_000),
    soon: instant(30),
    recent: instant(-30),
    middle: instant(-700),
    past: instant(-20_000),
    deepInRole: Math.floor(found.held * 0.9),
    zone: found.zone,
    deep(list, order, direction) {
      const place = places.get(`${list} ${order} ${direction}`)
      if (place === undefined) throw new Error(`expected a place in ${list} by ${order}`)
      return place
    },
  }
}

/** The permission that the fewest roles hold, and the one that most hold. */
function permissionsByRoles(): { readonly rare: string; readonly common: string } {
  const counts = new Map<string, number>()
  for (const held of rolePermissions.values()) for (const id of held) counts.set(id, (counts.get(id) ?? 0) + 1)
  const sorted = [...counts].sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1)).map(([id]) => id)
  return { rare: sorted[0] as string, common: sorted.at(-1) as string }
}
