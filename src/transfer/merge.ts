/**
 * The statements that bring what is staged into the tables: new rows are inserted, rows that differ are changed, what is
 * the same is left alone; with an audit event for each row in the same statement.
 */
import { insertEvents } from '../db/audit.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { type Column, isGiven, isSame, type Kind, type Member, stagedIn } from './kind.ts'
import { roleKind, userKind } from './kinds.ts'

/** Who the audit trail says it was, beside the id of the run. */
export const importSubject = 'import'

const events = insertEvents(Prisma.sql`events`).text

/** The text that writes events of the `rows`, which have organization, id, before and after. `action` is SQL. */
export function auditing({ target }: Pick<Kind, 'target'>, action: string, rows: string): string {
  return `audited AS (
    WITH events AS (
      SELECT organization_id AS "targetOrganization", run.at, '${importSubject}' AS subject, NULL::jsonb AS author,
        NULL::integer AS "tokenId", ${action} AS action, '${target}' AS "targetType", id AS "changedId", before, after,
        run.request_id AS "requestId"
      FROM ${rows} CROSS JOIN import_run AS run
    ) ${events}
  )`
}

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** What the audit trail tells of a row: `of` gives the SQL of a column. */
export function told(kind: Kind, of: (column: Column) => string): string {
  const pairs = kind.members
    .filter(({ audited, own }) => audited && (own || kind === roleKind))
    .flatMap(({ columns }) => columns)
    .filter(({ name }) => name !== 'id')
    .map((column) => `'${camelCase(column.name)}', to_jsonb(${column.selected(of(column))})`)
  return `jsonb_build_object(${pairs.join(', ')})`
}

/** The mail address of a user, `t`, whatever has been parked of it. */
export const storedEmail =
  'coalesce((SELECT parked.email FROM import_parked AS parked WHERE parked.id = t.id), t.email)'

/** What a row holds now: the columns of its table, and of a role the permissions that it has. */
export function stored(kind: Kind, member: Member, column: Column): string {
  if (kind === userKind && column.name === 'email') return storedEmail
  if (member.own) return `t.${column.name}`
  if (kind === roleKind) {
    return `ARRAY(SELECT permission_id FROM role_permissions WHERE role_id = t.id ORDER BY permission_id COLLATE "C")`
  }
  return 'NULL'
}

/** Members that say where a row belongs are not among them. */
function heldMembers(kind: Kind): readonly Member[] {
  return kind.members.filter(({ own }) => own || kind === roleKind)
}

function isHistory({ name }: Column): boolean {
  return name === 'updated_at' || name === 'updated_by'
}

/**
 * Which of the staged rows a statement brings in: all, or all but users whose end changes, which come later; or none, and it
 * only counts them.
 */
export type Part = 'all' | 'but ends' | 'none'

/**
 * The statement for the staged rows whose number is from $1 to $2: it answers how many are `created` and `changed`, and how
 * many come `later`. Rows that are changed by it have been changed now, by nobody on record, unless the line says otherwise.
 */
export function mergeStatement(kind: Kind, part: Part = 'all'): string {
  const { table, key, place } = kind
  const members = heldMembers(kind)
  const columns = members.flatMap(({ columns: parts }) => parts)
  const hasHistory = columns.some(isHistory)
  const plain = columns.filter((column) => !isHistory(column))
  const incoming = members.flatMap((member) =>
    member.columns.flatMap((column) => [
      `${wantedOf(kind, member, column)} AS ${column.name}`,
      `${stored(kind, member, column)} AS old_${column.name}`,
    ]),
  )
  const row = (prefix: string) => `ROW(${plain.map(({ name }) => `${prefix}${name}`).join(', ')})`
  const differs = [
    'is_new',
    `${row('')} IS DISTINCT FROM ${row('old_')}`,
    ...(hasHistory
      ? [
          'coalesce(updated_at <> old_updated_at, false)',
          'says_updated_by AND updated_by IS DISTINCT FROM old_updated_by',
        ]
      : []),
  ]
  const due = columns.map((column) => `${isHistory(column) ? historyOf(column) : column.name} AS ${column.name}`)
  const old = columns.map(({ name }) => `old_${name}`)
  const isEnd = 'NOT is_new AND expires_at IS DISTINCT FROM old_expires_at'
  const later = part === 'but ends' && kind === userKind ? isEnd : 'false'
  const prepared = `
    WITH incoming AS MATERIALIZED (
      SELECT s.n, ${place === null ? 'NULL::uuid' : place.organization} AS organization_id, t.id AS stored_id,
        t.${key[0]} IS NULL AS is_new, ${hasHistory ? `${isGiven(kind, 'updated_by')} AS says_updated_by, run.at,` : ''}
        ${incoming.join(', ')}
      FROM ${stagedIn(kind)} AS s ${place?.join('s') ?? ''} CROSS JOIN import_run AS run
      LEFT JOIN ${table} AS t ON ${isSame(kind, 't', 's')}
      WHERE s.n BETWEEN $1 AND $2
    ), due AS MATERIALIZED (
      SELECT n, organization_id, is_new, ${idOf(kind)} AS row_id, ${[...due, ...old].join(', ')}
      FROM incoming WHERE NOT (${later}) AND (${differs.join(' OR ')})
    )`
  const counted = `SELECT (count(*) FILTER (WHERE is_new))::integer AS created,
    (count(*) FILTER (WHERE NOT is_new))::integer AS changed,
    (SELECT count(*) FROM incoming WHERE ${later})::integer AS later FROM due`
  if (part === 'none') return `${prepared} ${counted}`
  const own = members.filter((member) => member.own).flatMap(({ columns: parts }) => parts.map(({ name }) => name))
  const owned = place === null || table === 'organizations' ? [] : ['organization_id']
  const numbered = own.includes('id') ? [] : ['id']
  const target = [...numbered, ...owned, ...own]
  const source = [...(numbered.length > 0 ? ['row_id'] : []), ...owned, ...own]
  const changeable = own.filter((name) => !key.includes(name))
  const updated =
    changeable.length === 0
      ? ''
      : `, updated AS (
      UPDATE ${table} AS t SET ${changeable.map((name) => `${name} = due.${name}`).join(', ')}
      FROM due WHERE NOT is_new AND ${isSame(kind, 't', 'due')}
    )`
  return `${prepared}, inserted AS (
      INSERT INTO ${table} (${target.join(', ')}) SELECT ${source.join(', ')} FROM due WHERE is_new ORDER BY n
    )${updated}, changes AS (
      SELECT n, organization_id, row_id AS id, is_new,
        CASE WHEN NOT is_new THEN ${told(kind, ({ name }) => `old_${name}`)} END AS before,
        ${told(kind, ({ name }) => name)} AS after
      FROM due
    ), told AS (
      SELECT n, organization_id, id, is_new,
        CASE WHEN is_new THEN before ELSE ${differing('before', 'after')} END AS before,
        CASE WHEN is_new THEN after ELSE ${differing('after', 'before')} END AS after
      FROM changes ORDER BY n
    ), ${auditing(kind, `CASE WHEN is_new THEN '${kind.actions.create}' ELSE '${kind.actions.update}' END`, 'told')}
    ${counted}`
}

/** Those members of an object that are others in the other. */
function differing(object: string, other: string): string {
  return `(SELECT jsonb_object_agg(key, value) FROM jsonb_each(${object}) WHERE ${other} -> key IS DISTINCT FROM value)`
}

function idOf({ table, members }: Kind): string {
  return members.some(({ name }) => name === 'id') ? 'id' : `coalesce(stored_id, nextval('${table}_id_seq')::integer)`
}

/** What the row is to hold: what the line says, what it holds, or what a new one begins with. Null for history that the line does not say. */
function wantedOf(kind: Kind, member: Member, column: Column): string {
  if (member.required || kind.key.includes(column.name)) return `s.${column.name}`
  if (isHistory(column)) return `CASE WHEN ${isGiven(kind, member.name)} THEN s.${column.name} END`
  const value = `CASE WHEN ${isGiven(kind, member.name)} THEN s.${column.name} ELSE ${stored(kind, member, column)} END`
  return member.fallback === undefined ? value : `coalesce(${value}, ${member.fallback})`
}

function historyOf({ name }: Column): string {
  if (name === 'updated_at') return 'coalesce(updated_at, CASE WHEN is_new THEN created_at ELSE at END)'
  return 'CASE WHEN says_updated_by THEN updated_by WHEN is_new THEN created_by END'
}

/**
 * Users whose mail address another line takes give it up beforehand, so that two can swap theirs: what theirs was is kept
 * for the audit trail. Their own lines give them another one.
 */
export const parkEmails = `
  WITH taken AS (
    SELECT stored.id, stored.email FROM import_users AS s
    JOIN organizations AS organization ON organization.customer_id = s.customer_id
    JOIN users AS stored ON stored.organization_id = organization.id AND lower(stored.email) = lower(s.email) AND stored.id <> s.id
  ), parked AS (UPDATE users AS t SET email = t.id::text FROM taken WHERE t.id = taken.id)
  INSERT INTO import_parked SELECT id, email FROM taken`

/** What roles have, as the lines say; for roles that have been merged. */
export const mergeRolePermissions = [
  `DELETE FROM role_permissions AS t USING import_roles AS s WHERE s.id = t.role_id AND NOT t.permission_id = ANY(s.permissions)`,
  `INSERT INTO role_permissions (role_id, permission_id)
    SELECT s.id, named.id FROM import_roles AS s CROSS JOIN LATERAL unnest(s.permissions) AS named(id)
    ON CONFLICT DO NOTHING`,
]

/** Makes the sequence of the ids go on behind those of the lines, at once and for everybody. */
export function reserveIds(kind: Kind): string {
  return `SELECT setval(sequence, greatest(nextval(sequence), (SELECT max(id) + 1 FROM ${stagedIn(kind)})), false)
    FROM CAST(pg_get_serial_sequence('${kind.table}', 'id') AS regclass) AS sequence
    WHERE (SELECT max(id) FROM ${stagedIn(kind)}) >= (SELECT last_value FROM ${kind.table}_id_seq)`
}
