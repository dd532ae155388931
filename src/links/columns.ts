/** Which columns a request reads: those that its fields declare, of each table the same in all of its statements. */
import type { Prisma } from '../db/generated/prisma/client.ts'
import type { Table } from '../db/tables.ts'

/** Members of a model that something reads. */
export interface Reading {
  readonly model: string
  readonly members: readonly string[]
}

/** These members of the table's rows are read. */
export function reading<Row>({ model }: Table<Row>, ...members: readonly (keyof Row & string)[]): Reading {
  return { model, members }
}

/** Members of models, by the model's name. */
export type ReadMembers = ReadonlyMap<string, ReadonlySet<string>>

/** The select list for a table. */
export type Columns = <Row>(table: Table<Row>) => Prisma.Sql

/** Select lists for one request. Those of the request's rows that lack a member were not declared to need it. */
export function columnsOf(members: ReadMembers): Columns {
  const lists = new Map<string, Prisma.Sql>()
  return (table) => {
    const known = lists.get(table.model)
    if (known !== undefined) return known
    const list = table.select(new Set([...table.always, ...(members.get(table.model) ?? [])]))
    lists.set(table.model, list)
    return list
  }
}
