/** Writes what a normalised cache must know of the schema: what fits each interface and union, and what has no identity. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { buildSchema, isAbstractType, isObjectType } from 'graphql'

const schema = buildSchema(await readFile('../../schema.graphql', 'utf8'))
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
const possibleTypes = Object.fromEntries(
  types.filter(isAbstractType).map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
)
const withIdentity = ['Query', 'Mutation', ...possibleTypes.Node]
const embedded = types.filter((type) => isObjectType(type) && !withIdentity.includes(type.name)).map(({ name }) => name)

await mkdir('src/__generated__', { recursive: true })
await writeFile('src/__generated__/cacheTypes.json', JSON.stringify({ possibleTypes, embedded }))
