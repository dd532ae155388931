/** Link → the statements that ask it for many parents at once, each with the tenant filter inside. */
import { isValidSql } from '../auth/expiry.ts'
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { isAnything } from '../db/conditions.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import { plannedByValues, type Statement } from '../db/read.ts'
import type { Page } from '../page/offset.ts'
import { byCharacter, byId, comparedId, isAmong, orderedBy } from '../page/order.ts'
import type { Link, ManyLink, Through } from './link.ts'

/** What every statement of a link asks. */
export interface Asked {
  /** The keys of the parents, each once. */
  readonly keys: readonly unknown[]
  readonly visibility: Visibility
  /** A condition on the children. */
  readonly where: Prisma.Sql
  /** The instant of the request. */
  readonly now: Date
}

/** The children of all parents; `"batchKey"` says whose each is. */
export function selectLinked<From, To>(link: Link<From, To>, columns: Prisma.Sql, asked: Asked): Statement {
  const { to, by, through } = link
  const parent = through === null ? to.column(by) : through.from
  const from =
    through === null ? to.name : Prisma.sql`${through.name} JOIN ${to.name} ON ${to.column(by)} = ${through.to}`
  return planned(
    asked,
    Prisma.sql`
    SELECT ${columns}, ${parent} AS "batchKey" FROM ${from}
    WHERE ${parent} = ANY(${keysOf(link, asked.keys)}) AND ${isVisible(asked.visibility, to.organization)}
    AND ${asked.where} ${orderOf(link)}`,
  )
}

/**
 * The children of parents that several callers ask for: `organizations` has that of each key's caller; null where each may
 * see all of the table. `"batchKey"`, and then `"batchOrganization"`, say whose each child is.
 */
export function selectShared<From, To>(
  link: Link<From, To>,
  columns: Prisma.Sql,
  keys: readonly unknown[],
  organizations: readonly string[] | null,
): Prisma.Sql {
  const { to, by, through } = link
  const parent = through === null ? to.column(by) : through.from
  const joined =
    through === null
      ? Prisma.sql`JOIN ${to.name} ON ${parent} = asked.key`
      : Prisma.sql`JOIN ${through.name} ON ${parent} = asked.key JOIN ${to.name} ON ${to.column(by)} = ${through.to}`
  if (organizations === null || to.organization === null) {
    return Prisma.sql`
      SELECT ${columns}, asked.key AS "batchKey"
      FROM unnest(${keysOf(link, keys)}) AS asked(key) ${joined} ${orderOf(link)}`
  }
  return Prisma.sql`
    SELECT ${columns}, asked.key AS "batchKey", asked.organization AS "batchOrganization"
    FROM unnest(${keysOf(link, keys)}, (SELECT ${organizations}::uuid[])) AS asked(key, organization)
    ${joined} AND ${to.organization} = asked.organization ${orderOf(link)}`
}

/** One page of each parent's children, by id. */
export function selectLinkedPage<From, To>(
  link: ManyLink<From, To>,
  columns: Prisma.Sql,
  asked: Asked,
  { limit, offset }: Page,
): Statement {
  const { to } = link
  const ids = isAnything(asked.where) ? idsThrough(link, asked) : null
  const bounds = Prisma.sql`LIMIT ${limit} OFFSET ${offset}`
  const one =
    ids === null
      ? Prisma.sql`SELECT ${columns} FROM ${to.name} WHERE ${isChild(link, asked)} ${orderedBy(to, byId)} ${bounds}`
      : Prisma.sql`SELECT ${columns} FROM ${to.name} WHERE ${isAmong(to, Prisma.sql`${ids} ORDER BY id ${bounds}`)}
          ${orderedBy(to, byId)}`
  return planned(
    asked,
    Prisma.sql`
    SELECT parent.id AS "batchKey", child.* FROM ${parentsOf(link, asked)} CROSS JOIN LATERAL (${one}) AS child`,
  )
}

/** How many children each parent has; parents without any are left out where the link is direct. */
export function countLinked<From, To>(link: ManyLink<From, To>, asked: Asked): Statement {
  if (link.through === null) return aggregateLinked(link, Prisma.sql`count(*)::integer`, asked)
  const ids = isAnything(asked.where) ? idsThrough(link, asked) : null
  const children =
    ids === null ? Prisma.sql`${link.to.name} WHERE ${isChild(link, asked)}` : Prisma.sql`(${ids}) AS joined`
  return planned(
    asked,
    Prisma.sql`
    SELECT parent.id AS "batchKey", child.value FROM ${parentsOf(link, asked)} CROSS JOIN LATERAL (
      SELECT count(*)::integer AS value FROM ${children}
    ) AS child`,
  )
}

/**
 * About how many children each parent has, as the database's planner expects from its statistics: a plan of as many parts as
 * there are keys, in their order.
 */
export function estimateLinked<From, To>(link: ManyLink<From, To>, asked: Asked): Statement {
  const type = Prisma.raw(keyType(link))
  const parts = asked.keys.map(
    (key) =>
      Prisma.sql`ARRAY(SELECT 1 FROM ${link.to.name} WHERE ${isChild(link, asked, Prisma.sql`${key}::${type}`)})`,
  )
  return plannedByValues(Prisma.sql`EXPLAIN (FORMAT JSON) SELECT ${Prisma.join(parts)}`)
}

/** The largest value of a column over each parent's children; parents without children are left out. */
export function selectLargest<From, To>(link: ManyLink<From, To>, column: keyof To & string, asked: Asked): Statement {
  return aggregateLinked(link, Prisma.sql`max(${link.to.column(column)})`, asked)
}

function aggregateLinked<From, To>({ ...link }: ManyLink<From, To>, value: Prisma.Sql, asked: Asked): Statement {
  const { to } = link
  const parent = to.column(link.by)
  return planned(
    asked,
    Prisma.sql`
    SELECT ${parent} AS "batchKey", ${value} AS value FROM ${to.name}
    WHERE ${parent} = ANY(${keysOf(link, asked.keys)}) AND ${isVisible(asked.visibility, to.organization)}
    AND ${asked.where} GROUP BY ${parent}`,
  )
}

/** The best plan depends on how many rows the condition finds. */
function planned({ where }: Asked, statement: Prisma.Sql): Statement {
  return isAnything(where) ? statement : plannedByValues(statement)
}

/**
 * The ids of the visible children of `parent.id`, each once, where the table between has them itself: its foreign keys lead to
 * rows of its own organization.
 */
function idsThrough<From, To>({ to, by, through }: ManyLink<From, To>, asked: Asked): Prisma.Sql | null {
  if (through === null || by !== 'id' || to.idType === 'text') return null
  const each = through.unique ? Prisma.empty : Prisma.sql`DISTINCT`
  return Prisma.sql`SELECT ${each} ${through.to} AS id FROM ${through.name}
    WHERE ${through.from} = parent.id AND ${isJoined(through, asked)}`
}

/** A row of the table between is visible, and counts. */
function isJoined({ organization, validUntil }: Through, { visibility, now }: Asked): Prisma.Sql {
  const visible = isVisible(visibility, organization)
  return validUntil === null ? visible : Prisma.sql`${visible} AND ${isValidSql(validUntil, now)}`
}

function parentsOf<From, To>(link: Link<From, To>, { keys }: Asked): Prisma.Sql {
  return Prisma.sql`unnest(${keys}::${keyArray(link)}) AS parent(id)`
}

/** A row of the link's table is a visible child of the parent. */
function isChild<From, To>(
  { to, by, through }: Link<From, To>,
  asked: Asked,
  parent = Prisma.sql`parent.id`,
): Prisma.Sql {
  const { visibility, where } = asked
  const child = to.column(by)
  const joined =
    through === null
      ? Prisma.sql`${child} = ${parent}`
      : Prisma.sql`${child} IN (SELECT ${through.to} FROM ${through.name}
          WHERE ${through.from} = ${parent} AND ${isJoined(through, asked)})`
  return Prisma.sql`${joined} AND ${isVisible(visibility, to.organization)} AND ${where}`
}

/**
 * The keys as a value that the planner does not look into: so it makes one plan for any of them, and keeps it, where it
 * would make a new one for each list that it sees.
 */
function keysOf<From, To>(link: Link<From, To>, keys: readonly unknown[]): Prisma.Sql {
  const type = keyArray(link)
  return Prisma.sql`(SELECT ${keys}::${type})::${type}`
}

/** The type of an array of the parents' keys. */
function keyArray<From, To>(link: Link<From, To>): Prisma.Sql {
  return Prisma.raw(`${keyType(link)}[]`)
}

function keyType<From, To>({ from, key, to, by, through }: Link<From, To>): string {
  // The keys of values that are no rows are ids of the rows that they lead to.
  return from.table?.typeOf(key) ?? (through === null ? to.typeOf(by) : to.idType)
}

function orderOf<From, To>(link: Link<From, To>): Prisma.Sql {
  if (link.kind === 'one') return Prisma.empty
  const { to, order } = link
  const terms = order.map((member) => {
    const column = to.column(member)
    return Prisma.sql`${to.typeOf(member) === 'text' ? byCharacter(column) : column} NULLS FIRST`
  })
  return Prisma.sql`ORDER BY ${Prisma.join([...terms, comparedId(to)])}`
}
