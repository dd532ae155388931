/** Statements that are made once and asked often, each time with other values. */
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
export function templateOf({ text, values }: Statement): Template {
  return (given) => ({ text, values: values.map((value) => (value instanceof Place ? given[value.name] : value)) })
}
