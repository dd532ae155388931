/** The schema, and what the clients' settings must know of it. */
import { readFileSync } from 'node:fs'
import { buildSchema, isObjectType } from 'graphql'

export const schema = buildSchema(readFileSync(new URL('../../../../schema.graphql', import.meta.url), 'utf8'))

export const objectTypes = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(({ name }) => !name.startsWith('__'))

/** The arguments of each connection at the root that choose and order its items. */
export function connections(): Readonly<Record<string, readonly string[]>> {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(({ type }) =>
    /Connection!?$/.test(String(type)),
  )
  const paging = ['first', 'last', 'after', 'before']
  return Object.fromEntries(
    fields.map(({ name, args }) => [name, args.map((arg) => arg.name).filter((arg) => !paging.includes(arg))]),
  )
}
