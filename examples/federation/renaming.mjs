/**
 * Federation has no way to rename what two subgraphs call the same, so it is done before composing: the platform team
 * composes a subgraph's SDL with other names in it, and puts this server between the router and the subgraph. It renames in
 * each request what the router asks for, and in each answer the types' names. It knows nothing of the router.
 */
import { buffer } from 'node:stream/consumers'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { Kind, parse, print, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import { serve } from './serve.mjs'

/** @typedef {Readonly<Record<string, string>>} Names Names in the subgraph → names in the larger graph. */
/** @typedef {{ types: Names, rootFields: Names }} Renaming */

/**
 * The subgraph's SDL with the names that it has in the larger graph.
 *
 * @param {import('graphql').DocumentNode} document
 * @param {Renaming} renaming
 * @returns {import('graphql').DocumentNode}
 */
export function renamed(document, { types, rootFields }) {
  return visit(document, {
    enter: (node) =>
      node.kind === Kind.NAMED_TYPE || /Type(Definition|Extension)$/.test(node.kind)
        ? { ...node, name: renamedBy(types, node.name) }
        : undefined,
    leave: (node) =>
      node.kind === Kind.OBJECT_TYPE_DEFINITION && ['Query', 'Mutation'].includes(node.name.value)
        ? { ...node, fields: node.fields.map((field) => ({ ...field, name: renamedBy(rootFields, field.name) })) }
        : undefined,
  })
}

/**
 * Serves the subgraph under its new names.
 *
 * @param {string} target The subgraph's address.
 * @param {import('graphql').DocumentNode} document Its SDL as `renamed` gives it.
 * @param {Renaming} renaming
 * @returns {Promise<import('./serve.mjs').Served>}
 */
export async function startRenaming(target, document, { types, rootFields }) {
  const schema = buildSubgraphSchema(document)
  const roots = [schema.getQueryType(), schema.getMutationType()]
  const [ownTypes, ownFields] = [inverse(types), inverse(rootFields)]

  /** The router's request in the subgraph's names, and what it calls `__typename` in it. */
  function translated({ query, variables, ...rest }) {
    const typeInfo = new TypeInfo(schema)
    const typenames = new Set()
    const asked = visit(
      parse(query),
      visitWithTypeInfo(typeInfo, {
        NamedType: (node) => ({ ...node, name: renamedBy(ownTypes, node.name) }),
        Field(node) {
          const { value } = node.alias ?? node.name
          if (node.name.value === '__typename') typenames.add(value)
          if (!roots.includes(typeInfo.getParentType()) || ownFields[node.name.value] === undefined) return undefined
          return { ...node, alias: { kind: Kind.NAME, value }, name: renamedBy(ownFields, node.name) }
        },
      }),
    )
    const references = withTypes(variables, new Set(['__typename']), ownTypes)
    return { body: { ...rest, query: print(asked), variables: references }, typenames }
  }

  return serve(
    async (request, response) => {
      try {
        const { body, typenames } = translated(JSON.parse((await buffer(request)).toString()))
        const { host, 'content-length': length, ...headers } = request.headers
        const answer = await fetch(target, { method: 'POST', headers, body: JSON.stringify(body) })
        const said = withTypes(await answer.json(), typenames, types)
        for (const [name, value] of answer.headers) {
          if (!['content-length', 'content-encoding', 'transfer-encoding'].includes(name))
            response.setHeader(name, value)
        }
        response.writeHead(answer.status).end(JSON.stringify(said))
      } catch {
        response.destroy()
      }
    },
    0,
    new URL(target).pathname,
  )
}

function renamedBy(names, name) {
  return { ...name, value: names[name.value] ?? name.value }
}

/** The JSON value with other names of types under these keys: references have them, and answers. */
function withTypes(value, keys, names) {
  if (Array.isArray(value)) return value.map((item) => withTypes(item, keys, names))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => [
    key,
    keys.has(key) && typeof member === 'string' ? (names[member] ?? member) : withTypes(member, keys, names),
  ])
  return Object.fromEntries(entries)
}

function inverse(names) {
  return Object.fromEntries(Object.entries(names).map(([own, other]) => [other, own]))
}
