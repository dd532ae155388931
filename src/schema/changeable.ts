/** Columns of a row that a change says anew, in its job as `changes`: JSON by the names of members, without those that stay. */
import { Prisma } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'

/** The column of a job that says what is written. */
export const changesColumn = Prisma.sql`changes jsonb`

/** What is said of some columns, in SQL. */
export interface Changeable {
  /** Whether the row that the statement joins says something else than the job. */
  readonly differs: Prisma.Sql
  /** What an UPDATE sets, FROM `granted`: with when and by whom it was done, later than the change before. */
  readonly set: Prisma.Sql
  /** The columns of a new row, and what they hold. */
  readonly inserted: { readonly columns: Prisma.Sql; readonly values: Prisma.Sql }
  /** What the audit trail tells of an update: the members that differ. */
  readonly told: { readonly before: Prisma.Sql; readonly after: Prisma.Sql }
}

/** The table has when and by whom its rows were changed, as all have that people write. */
export function changeable<Row extends { readonly updatedAt: Date }>(
  table: Table<Row>,
  members: readonly (keyof Row & string)[],
): Changeable {
  const name = (member: string) => Prisma.raw(`'${member}'`)
  const said = (member: keyof Row & string) =>
    Prisma.sql`(changes ->> ${name(member)})::${Prisma.raw(table.typeOf(member))}`
  const row = Prisma.sql`jsonb_build_object(${Prisma.join(
    members.map((member) => Prisma.sql`${name(member)}, ${table.column(member)}`),
  )})`
  const differing = Prisma.sql`jsonb_each(${row}) AS member WHERE changes ? key AND changes -> key IS DISTINCT FROM value`
  const tell = (value: Prisma.Sql) =>
    Prisma.sql`(SELECT jsonb_object_agg(key, ${value}) FROM (SELECT (target).*) AS ${table.name}, ${differing})`
  const at = 'updatedAt' as keyof Row & string
  return {
    differs: Prisma.sql`EXISTS (SELECT FROM ${differing})`,
    set: Prisma.join([
      ...members.map(
        (member) => Prisma.sql`
          ${table.nameOf(member)} = CASE WHEN changes ? ${name(member)} THEN ${said(member)} ELSE ${table.column(member)} END`,
      ),
      // Two changes in one millisecond must not be taken for the same.
      Prisma.sql`updated_at = greatest(at, ${table.column(at)} + interval '1 ms')`,
      Prisma.sql`updated_by = author`,
    ]),
    inserted: {
      columns: Prisma.join([
        ...members.map((member) => table.nameOf(member)),
        Prisma.sql`created_at, created_by, updated_at, updated_by`,
      ]),
      values: Prisma.join([...members.map(said), Prisma.sql`at, author, at, author`]),
    },
    told: { before: tell(Prisma.sql`value`), after: tell(Prisma.sql`changes -> key`) },
  }
}
