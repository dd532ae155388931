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

/** By the members that an operation reads: the same object for all requests of a document. */
const known = new WeakMap<ReadMembers, Columns>()

/** Select lists for an operation. Those of its rows that lack a member were not declared to need it. */
export function columnsOf(members: ReadMembers): Columns {
  let columns = known.get(members)
  if (columns === undefined) {
    columns = createColumns(members)
    known.set(members, columns)
  }
  return columns
}

function createColumns(members: ReadMembers): Columns {
  const lists = new Map<string, Prisma.Sql>()
  return (table) => {
    const list =
      lists.get(table.model) ?? shared(table, new Set([...table.always, ...(members.get(table.model) ?? [])]))
    lists.set(table.model, list)
    return list
  }
}

/** Select lists that are kept: operations ask for few different ones. */
const mostLists = 1_000
let lists = new Map<string, Prisma.Sql>()

/** The same object for the same members, so that what is made for it is made once for all operations. */
function shared<Row>(table: Table<Row>, members: ReadonlySet<string>): Prisma.Sql {
  const name = `${table.model} ${[...members].sort().join(' ')}`
  let list = lists.get(name)
  if (list === undefined) {
    if (lists.size >= mostLists) lists = new Map()
    list = table.select([...members].sort())
    lists.set(name, list)
  }
  return list
}
