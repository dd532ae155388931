import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type ConstDirectiveNode, isObjectType, Kind, parse, print } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../../src/schema/index.ts'
import { type DeclaredScopes, declaredScopes } from '../../src/schema/scopesPlugin.ts'
import { subgraphSdl } from '../../src/schema/sdl.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const sdl = await subgraphSdl()
const document = parse(sdl)
const types = document.definitions.filter(
  (definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION,
)

function printed(node: { readonly directives?: readonly ConstDirectiveNode[] }, ...names: string[]): string[] {
  return (node.directives ?? []).filter(({ name }) => names.includes(name.value)).map(print)
}

function typesWith(directive: string): Record<string, string[]> {
  const found = types.map((type) => [type.name.value, printed(type, directive)] as const)
  return Object.fromEntries(found.filter(([, directives]) => directives.length > 0))
}

/** The directive that a declaration stands for. */
function demanded(scopes: DeclaredScopes | undefined): string[] {
  if (scopes === undefined) return []
  if (scopes.length === 0) return ['@authenticated']
  return [`@requiresScopes(scopes: [[${scopes.map((scope) => JSON.stringify(scope)).join(', ')}]])`]
}

describe('the SDL of the subgraph', () => {
  it('is committed as it is: npm run --silent schema -- --subgraph > subgraph.graphql', async () => {
    expect(await readFile(new URL('../../subgraph.graphql', import.meta.url), 'utf8')).toBe(sdl)
  })

  it('is what the command prints', async () => {
    const command = ['src/main.mjs', 'schema', '--subgraph']
    const { stdout } = await promisify(execFile)(process.execPath, command)
    expect(stdout).toBe(sdl)
  })

  it('has the keys of the contract', () => {
    const byId = ['@key(fields: "id")']
    expect(typesWith('key')).toEqual({
      Access: byId,
      ApiConnectionAccess: byId,
      Organization: [...byId, '@key(fields: "customerId")'],
      Permission: byId,
      ProfileAccess: byId,
      Role: byId,
      SsoConnectionAccess: byId,
      Token: byId,
      UiConnectionAccess: byId,
      User: byId,
    })
  })

  it('shares the value types that other subgraphs may define, too', () => {
    expect(Object.keys(typesWith('shareable'))).toEqual(['PageInfo', 'Resource'])
  })

  it('tags personal data wherever it is', () => {
    const personal = ['acct', 'email', 'firstname', 'lastname', 'phone', 'ssoId', 'username']
    const fields = types.flatMap((type) =>
      (type.fields ?? [])
        .filter((field) => personal.includes(field.name.value))
        .map((field) => [`${type.name.value}.${field.name.value}`, printed(field, 'tag')]),
    )
    expect(fields).toContainEqual(['User.email', ['@tag(name: "personal-data")']])
    expect(fields.filter(([, tags]) => tags?.length !== 1)).toEqual([])
  })

  it('demands the scopes of each type that the check demands, and no others', () => {
    const objects = types.filter((type) => type.kind === Kind.OBJECT_TYPE_DEFINITION)
    const demands = (name: string) => {
      const type = schema.getType(name)
      return isObjectType(type) ? demanded(declaredScopes(type)) : []
    }
    expect(objects.map((type) => [type.name.value, printed(type, 'authenticated', 'requiresScopes')])).toEqual(
      objects.map((type) => [type.name.value, demands(type.name.value)]),
    )
  })

  it('demands the scopes of each field that the check demands, but on interfaces, where federation takes none', () => {
    const fields = types.flatMap((type) => (type.fields ?? []).map((field) => ({ type, field })))
    const coordinate = ({ type, field }: (typeof fields)[number]) => `${type.name.value}.${field.name.value}`
    const demands = ({ type, field }: (typeof fields)[number]) => {
      const declaring = schema.getType(type.name.value)
      const declaration = isObjectType(declaring) ? declaring.getFields()[field.name.value] : undefined
      return demanded(declaration && declaredScopes(declaration))
    }
    const printing = ({ field }: (typeof fields)[number]) => printed(field, 'authenticated', 'requiresScopes')
    expect(fields.map((each) => [coordinate(each), printing(each)])).toEqual(
      fields.map((each) => [coordinate(each), demands(each)]),
    )
    const roots = fields.filter(({ type }) => ['Query', 'Mutation'].includes(type.name.value))
    expect(roots.filter((each) => printing(each).length !== 1)).toEqual([])
    expect(fields.filter((each) => printing(each).length > 0).map(coordinate)).toContain('Token.username')
  })

  it('leaves out what two subgraphs can not both have: node, nodes and Node', () => {
    const query = types.find((type) => type.name.value === 'Query')
    const fields = query?.fields?.map((field) => field.name.value)
    expect(fields).toContain('user')
    expect(fields).not.toContain('node')
    expect(fields).not.toContain('nodes')
    expect(sdl).not.toMatch(/\bNode\b/)
  })
})

describe('_service', () => {
  const question = '{ _service { sdl } }'
  let closed: Harness
  let open: Harness
  beforeAll(async () => {
    closed = await createHarness({ OPEN_INTROSPECTION: 'false' })
    open = await createHarness()
  })
  afterAll(async () => {
    await closed.close()
    await open.close()
  })

  const asking = (harness: Harness, scope: string) =>
    harness.askRaw(question, {}, { claims: { customer_id: 1, scope } }, '/subgraph')

  it('tells the SDL that is committed', async () => {
    const { data } = await asking(open, '')
    expect(data).toEqual({ _service: { sdl } })
  })

  it('needs schema:read where introspection is not open', async () => {
    const refused = await asking(closed, 'users:read')
    expect(refused.status).toBe(403)
    expect(refused.data).toBeUndefined()
    expect(refused.errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      missingScopes: [{ scope: 'schema:read', fields: ['Query._service'] }],
    })
    const told = await asking(closed, 'schema:read')
    expect(told.data).toEqual({ _service: { sdl } })
  })

  it('needs a credential in any case', async () => {
    const { status, errors } = await open.askRaw(question, {}, null, '/subgraph')
    expect(status).toBe(401)
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })

  it('is not part of the public schema', async () => {
    const { status, errors } = await open.askRaw(question)
    expect(status).toBe(400)
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
  })

  it('is not there where the gateway is nobody’s subgraph', async () => {
    const alone = await createHarness({ SUBGRAPH: 'false' })
    try {
      const response = await alone.fetch('/subgraph', { method: 'POST' })
      expect(response.status).toBe(404)
    } finally {
      await alone.close()
    }
  })
})
