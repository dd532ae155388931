/** Statements that are made once and asked often, each time with other values. */
import type { Prisma } from './generated/prisma/client.ts'
import type { Statement } from './read.ts'

/** Stands in a statement for a value that is given later. */
export class Place {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** Gives the statement with these values in the places of those names. */
export type Template = (given: Readonly<Record<string, unknown>>) => Statement

/** The statement with places, as a template. */
export function templateOf(sql: Prisma.Sql): Template {
  const { text, values } = sql
  return (given) => ({ text, values: values.map((value) => (value instanceof Place ? given[value.name] : value)) })
}
