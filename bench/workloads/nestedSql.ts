/** Nested users as hand-tuned SQL: one of them, or a page of them with permissions. */
import type { Form, Parameters, Sql } from './workload.ts'

const accessesJson = (roles: string) => `json_agg(json_build_object('id', a.id, 'type', a.type, 'roles', coalesce((
  SELECT json_agg(${roles} ORDER BY s.role_id)
  FROM role_assignments AS s ${roles === 'c.json' ? 'JOIN catalogue AS c USING (role_id)' : ''}
  WHERE s.organization_id = a.organization_id AND s.access_id = a.id
), '[]'::json)) ORDER BY a.id)`

const accessesOf = (roles: string) => `coalesce((
  SELECT ${accessesJson(roles)}
  FROM accesses AS a WHERE a.organization_id = u.organization_id AND a.user_id = u.id
), '[]'::json)`

const person = "'id', u.id, 'firstname', u.firstname, 'lastname', u.lastname, 'email', u.email"

/** The roles of an access as the column has them that triggers keep. */
const rolesIn = (held: string | null) => (held === null ? [] : held.split('\u0001'))

/** The ways to write one user with accesses and roles. */
export const nestedUserForms: Readonly<Record<string, Form>> = {
  async 'one statement'(sql, { organization, user }) {
    const rows: readonly (readonly string[])[] = await sql.rows(
      'W1 one',
      `SELECT json_build_object(${person}, 'accesses', ${accessesOf("json_build_object('id', s.role_id)")})::text
       FROM users AS u WHERE u.id = $1::uuid AND u.organization_id = $2::uuid`,
      [user, organization],
    )
    return rows[0]?.[0] ?? 'null'
  },
  async 'flat rows'(sql, { organization, user }) {
    const rows: readonly (readonly [string, string, string, string, number | null, string, string | null])[] =
      await sql.rows(
        'W1 flat',
        `SELECT u.id, u.firstname, u.lastname, u.email, a.id, a.type::text, s.role_id
         FROM users AS u
           LEFT JOIN accesses AS a ON a.organization_id = u.organization_id AND a.user_id = u.id
           LEFT JOIN role_assignments AS s ON s.organization_id = a.organization_id AND s.access_id = a.id
         WHERE u.id = $1::uuid AND u.organization_id = $2::uuid
         ORDER BY a.id, s.role_id`,
        [user, organization],
      )
    const first = rows[0]
    if (first === undefined) return 'null'
    const [id, firstname, lastname, email] = first
    const accesses: { id: number; type: string; roles: { id: string }[] }[] = []
    for (const [, , , , accessId, type, roleId] of rows) {
      if (accessId === null) continue
      let access = accesses.at(-1)
      if (access?.id !== accessId) {
        access = { id: accessId, type, roles: [] }
        accesses.push(access)
      }
      if (roleId !== null) access.roles.push({ id: roleId })
    }
    return JSON.stringify({ id, firstname, lastname, email, accesses })
  },
  async 'flat rows, held roles'(sql, { organization, user }) {
    const rows: readonly (readonly [string, string, string, string, number | null, string, string | null])[] =
      await sql.rows(
        'W1 held',
        `SELECT u.id, u.firstname, u.lastname, u.email, a.id, a.type::text, a.held_roles
         FROM users AS u LEFT JOIN accesses AS a ON a.organization_id = u.organization_id AND a.user_id = u.id
         WHERE u.id = $1::uuid AND u.organization_id = $2::uuid
         ORDER BY a.id`,
        [user, organization],
      )
    const first = rows[0]
    if (first === undefined) return 'null'
    const [id, firstname, lastname, email] = first
    const accesses = rows
      .filter(([, , , , accessId]) => accessId !== null)
      .map(([, , , , accessId, type, held]) => ({
        id: accessId,
        type,
        roles: rolesIn(held).map((roleId) => ({ id: roleId })),
      }))
    return JSON.stringify({ id, firstname, lastname, email, accesses })
  },
}

const rolesJson = `SELECT role_id, json_build_object('id', role_id, 'permissions',
  json_agg(json_build_object('id', permission_id) ORDER BY permission_id)) AS json
  FROM role_permissions GROUP BY role_id`

/** SQL of one page of users, their columns as `columns` says, and its parameters. */
export interface PageStatement {
  readonly name: string
  text(columns: string): string
  values(parameters: Parameters): readonly unknown[]
}

/** How the accesses of a page's users are found, whose ids begin at the second parameter. */
interface Among {
  readonly name: string
  readonly condition: string
  values(ids: readonly string[]): readonly unknown[]
}

const listed: Among = { name: 'ids', condition: 'a.user_id = ANY($2::uuid[])', values: (ids) => [ids] }
/** Between the first and the last user. */
const ranged: Among = {
  name: 'range',
  condition: 'a.user_id BETWEEN $2::uuid AND $3::uuid',
  values: (ids) => [ids[0], ids.at(-1)],
}

/** The ways to write a page of users with their accesses, roles and permissions. */
export function nestedPageForms(page: PageStatement): Readonly<Record<string, Form>> {
  return {
    /** Everything in one statement. */
    async 'one statement'(sql, parameters) {
      const rows: readonly (readonly string[])[] = await sql.rows(
        `${page.name} one`,
        `WITH catalogue AS MATERIALIZED (${rolesJson}),
           u AS MATERIALIZED (${page.text('u.id, u.organization_id, u.firstname, u.lastname, u.email')})
         SELECT coalesce(json_agg(json_build_object(${person}, 'accesses', ${accessesOf('c.json')}) ORDER BY u.id),
           '[]'::json)::text FROM u`,
        page.values(parameters),
      )
      return rows[0]?.[0] ?? '[]'
    },
    /** The page, then the accesses of its users, as JSON. */
    'two statements, ids': (sql, parameters) => inTwo(sql, parameters, page, listed),
    'two statements, range': (sql, parameters) => inTwo(sql, parameters, page, ranged),
    /** The page, then rows of its users and those of the catalogue; JSON is written here. */
    'flat rows': (sql, parameters) => inRows(sql, parameters, page, fromAssignments, ranged),
    /** The same without assignments: what each access holds stands in its row. */
    'flat rows, held roles': (sql, parameters) => inRows(sql, parameters, page, fromHeldRoles, ranged),
    'flat rows, held roles, ids': (sql, parameters) => inRows(sql, parameters, page, fromHeldRoles, listed),
  }
}

async function inTwo(sql: Sql, parameters: Parameters, page: PageStatement, among: Among): Promise<string> {
  const users: readonly Named[] = await sql.rows(
    `${page.name} page`,
    page.text(`u.id, json_build_object(${person})::text`),
    page.values(parameters),
  )
  if (users.length === 0) return '[]'
  const below: readonly Named[] = await sql.rows(
    `${page.name} two ${among.name}`,
    `WITH catalogue AS MATERIALIZED (${rolesJson})
     SELECT a.user_id, ${accessesJson('c.json')}::text
     FROM accesses AS a WHERE a.organization_id = $1::uuid AND ${among.condition} GROUP BY a.user_id`,
    [parameters.organization, ...among.values(users.map(([id]) => id))],
  )
  const accesses = new Map(below)
  return `[${users.map(([id, text]) => `${text.slice(0, -1)},"accesses":${accesses.get(id) ?? '[]'}}`).join()}]`
}

type Named = readonly [id: string, json: string]

/** Reads the accesses of users: the JSON of the list of each one's, without its ends. */
type ReadAccesses = (
  sql: Sql,
  page: PageStatement,
  roles: ReadonlyMap<string, string>,
  among: Among,
  values: readonly unknown[],
) => Promise<ReadonlyMap<string, string>>

async function inRows(
  sql: Sql,
  parameters: Parameters,
  page: PageStatement,
  readAccesses: ReadAccesses,
  among: Among,
): Promise<string> {
  const [users, catalogue]: [readonly Named[], readonly Named[]] = await Promise.all([
    sql.rows(`${page.name} page`, page.text(`u.id, json_build_object(${person})::text`), page.values(parameters)),
    sql.rows('catalogue', `SELECT role_id, json::text FROM (${rolesJson}) AS catalogue`, []),
  ])
  if (users.length === 0) return '[]'
  const values = [parameters.organization, ...among.values(users.map(([id]) => id))]
  const accesses = await readAccesses(sql, page, new Map(catalogue), among, values)
  return `[${users
    .map(([id, text]) => {
      const below = accesses.get(id)
      return `${text.slice(0, -1)},"accesses":[${below === undefined ? '' : `${below}]}`}]}`
    })
    .join()}]`
}

const fromAssignments: ReadAccesses = async (sql, page, roles, among, values) => {
  const rows: readonly (readonly [string, number, string, string | null])[] = await sql.rows(
    `${page.name} flat ${among.name}`,
    `SELECT a.user_id, a.id, a.type::text, s.role_id
     FROM accesses AS a
       LEFT JOIN role_assignments AS s ON s.organization_id = a.organization_id AND s.access_id = a.id
     WHERE a.organization_id = $1::uuid AND ${among.condition}
     ORDER BY a.user_id, a.id, s.role_id`,
    values,
  )
  const accesses = new Map<string, string>()
  let access: number | undefined
  for (const [userId, id, type, roleId] of rows) {
    const role = roleId === null ? '' : roles.get(roleId)
    const before = accesses.get(userId)
    if (id === access) accesses.set(userId, `${before},${role}`)
    else
      accesses.set(userId, `${before === undefined ? '' : `${before}]},`}{"id":${id},"type":"${type}","roles":[${role}`)
    access = id
  }
  return accesses
}

const fromHeldRoles: ReadAccesses = async (sql, page, roles, among, values) => {
  const rows: readonly (readonly [string, number, string, string | null])[] = await sql.rows(
    `${page.name} held ${among.name}`,
    `SELECT a.user_id, a.id, a.type::text, a.held_roles FROM accesses AS a
     WHERE a.organization_id = $1::uuid AND ${among.condition} ORDER BY a.user_id, a.id`,
    values,
  )
  const accesses = new Map<string, string>()
  for (const [userId, id, type, held] of rows) {
    const before = accesses.get(userId)
    const holds = rolesIn(held).map((role) => roles.get(role))
    accesses.set(
      userId,
      `${before === undefined ? '' : `${before}]},`}{"id":${id},"type":"${type}","roles":[${holds.join()}`,
    )
  }
  return accesses
}
