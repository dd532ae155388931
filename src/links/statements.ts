/** Link → the statements that ask it for many parents at once, each with the tenant filter inside. */
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Page } from '../page/offset.ts'
import { byCharacter, byId, comparedId, orderedBy } from '../page/order.ts'
import type { Link, ManyLink } from './link.ts'

/** What every statement of a link asks. */
export interface Asked {
  /** The keys of the parents, each once. */
  readonly keys: readonly unknown[]
  readonly visibility: Visibility
  /** A condition on the children. */
  readonly where: Prisma.Sql
}

/** The children of all parents; `"batchKey"` says whose each is. */
export function selectLinked<From, To>(link: Link<From, To>, columns: Prisma.Sql, asked: Asked): Prisma.Sql {
  const { to, by, through } = link
  const parent = through === null ? to.column(by) : through.from
  const from =
    through === null ? to.name : Prisma.sql`${through.name} JOIN ${to.name} ON ${to.column(by)} = ${through.to}`
  return Prisma.sql`
    SELECT ${columns}, ${parent} AS "batchKey" FROM ${from}
    WHERE ${parent} = ANY(${keysOf(link, asked.keys)}) AND ${isVisible(asked.visibility, to.organization)}
    AND ${asked.where} ${orderOf(link)}`
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
): Prisma.Sql {
  return Prisma.sql`
    SELECT parent.id AS "batchKey", child.* FROM ${parentsOf(link, asked)} CROSS JOIN LATERAL (
      SELECT ${columns} FROM ${link.to.name} WHERE ${isChild(link, asked)}
      ${orderedBy(link.to, byId)} LIMIT ${limit} OFFSET ${offset}
    ) AS child`
}

/** How many children each parent has; parents without any are left out where the link is direct. */
export function countLinked<From, To>(link: ManyLink<From, To>, asked: Asked): Prisma.Sql {
  if (link.through === null) return aggregateLinked(link, Prisma.sql`count(*)::integer`, asked)
  return Prisma.sql`
    SELECT parent.id AS "batchKey", child.value FROM ${parentsOf(link, asked)} CROSS JOIN LATERAL (
      SELECT count(*)::integer AS value FROM ${link.to.name} WHERE ${isChild(link, asked)}
    ) AS child`
}

/** The largest value of a column over each parent's children; parents without children are left out. */
export function selectLargest<From, To>(link: ManyLink<From, To>, column: keyof To & string, asked: Asked): Prisma.Sql {
  return aggregateLinked(link, Prisma.sql`max(${link.to.column(column)})`, asked)
}

function aggregateLinked<From, To>({ ...link }: ManyLink<From, To>, value: Prisma.Sql, asked: Asked): Prisma.Sql {
  const { to } = link
  const parent = to.column(link.by)
  return Prisma.sql`
    SELECT ${parent} AS "batchKey", ${value} AS value FROM ${to.name}
    WHERE ${parent} = ANY(${asked.keys}::${keyArray(link)}) AND ${isVisible(asked.visibility, to.organization)}
    AND ${asked.where} GROUP BY ${parent}`
}

function parentsOf<From, To>(link: Link<From, To>, { keys }: Asked): Prisma.Sql {
  return Prisma.sql`unnest(${keys}::${keyArray(link)}) AS parent(id)`
}

/** A row of the link's table is a visible child of `parent.id`. */
function isChild<From, To>({ to, by, through }: Link<From, To>, { visibility, where }: Asked): Prisma.Sql {
  const child = to.column(by)
  const joined =
    through === null
      ? Prisma.sql`${child} = parent.id`
      : Prisma.sql`${child} IN (SELECT ${through.to} FROM ${through.name}
          WHERE ${through.from} = parent.id AND ${isVisible(visibility, through.organization)})`
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
function keyArray<From, To>({ from, key, to, by, through }: Link<From, To>): Prisma.Sql {
  // The keys of values that are no rows are ids of the rows that they lead to.
  const type = from.table?.typeOf(key) ?? (through === null ? to.typeOf(by) : to.idType)
  return Prisma.raw(`${type}[]`)
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
