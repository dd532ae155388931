/** Holds README.md and .env.example against the code, and runs the snippets as a reader would. */
import { existsSync, readFileSync } from 'node:fs'
import {
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoTokenId } from '../examples/data/demo/tokens.ts'
import { type Scope, scopes } from '../src/auth/scopes.ts'
import { settings } from '../src/config.ts'
import { type ErrorCode, errorCodes, GatewayError } from '../src/errors.ts'
import { httpError } from '../src/http/status.ts'
import { schema } from '../src/schema/index.ts'
import { declaredScopes } from '../src/schema/scopesPlugin.ts'
import { createHarness, type Harness } from './support/harness.ts'
import { basic, demoSecret } from './support/oauth.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const envExample = readFileSync(new URL('../.env.example', import.meta.url), 'utf8')

/** The rows of the first table under the heading, as text. */
function tableUnder(heading: string): readonly string[] {
  const section = readme.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const table = section.match(/(?:^\|.*\n)+/m)?.[0] ?? ''
  return table.trim().split('\n').slice(2)
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function code(text: string): string {
  return `\`${text}\``
}

describe('the tables of the README', () => {
  it('list every setting with its default and its description', () => {
    const rows = Object.entries(settings).map(([name, { default: fallback, description }]) =>
      row(code(name), fallback ? code(fallback) : '', description),
    )
    expect(tableUnder('Configuration')).toEqual(rows)
  })

  it('list every error code with its status and its meaning', () => {
    const rows = Object.entries(errorCodes).map(([name, meaning]) =>
      row(code(name), statusOf(name as ErrorCode), meaning),
    )
    expect(tableUnder('Errors')).toEqual(rows)
  })

  it('list every scope with what it allows and what needs it', () => {
    const rows = Object.entries(scopes).map(([name, allows]) => row(code(name), allows, neededBy(name as Scope)))
    expect(tableUnder('Scopes')).toEqual(rows)
  })
})

describe('the files that README.md and SECURITY.md name', () => {
  const named = [readme, readFileSync(new URL('../SECURITY.md', import.meta.url), 'utf8')].flatMap((text) =>
    [...text.matchAll(/`((?:src|test|docs|examples)\/[\w./-]*)`/g)].map(([, path = '']) => path),
  )

  it('are there', () => {
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([])
  })
})

/** Codes of failures that are found while an operation is executed only. */
const onlyOnceExecuting: ReadonlySet<ErrorCode> = new Set([
  'CONFLICT',
  'SCOPE_NOT_GRANTED',
  'TOKEN_POLICY',
  'GUARD_RAIL',
  'OUTCOME_UNKNOWN',
])

function statusOf(name: ErrorCode): string {
  if (onlyOnceExecuting.has(name)) return '200'
  const { status, onlyForGraphqlResponse } = httpError(new GatewayError(name, ''))
  return onlyForGraphqlResponse ? `${status} or 200` : String(status)
}

/** What the scopes stand for that no type and no field declares. */
const neededElsewhere: Partial<Record<Scope, string>> = {
  'schema:read': '`__schema`, `__type`',
  'tokens:manage': 'the tokens of other users',
  'organizations:all': 'rows of other organizations',
}

/** The types, fields and input fields that declare the scope; lists and what a type has from an interface go without saying. */
function neededBy(scope: Scope): string {
  const declares = (of: Parameters<typeof declaredScopes>[0]) => declaredScopes(of)?.includes(scope) === true
  const goesWithoutSaying = (type: GraphQLNamedType) =>
    /(Result|Connection|Edge)$/.test(type.name) ||
    ((isObjectType(type) || isInterfaceType(type)) && type.getInterfaces().some(declares))
  const types = Object.values(schema.getTypeMap()).filter((type) => declares(type) && !goesWithoutSaying(type))
  const roots = [schema.getQueryType(), schema.getMutationType()]
  const fields = roots.flatMap((type) => Object.values(type?.getFields() ?? {})).filter(declares)
  const inherits = (type: GraphQLNamedType, name: string) =>
    (isObjectType(type) || isInterfaceType(type)) && type.getInterfaces().some((parent) => name in parent.getFields())
  const members = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))
    .filter((type) => !roots.some((root) => root === type))
    .flatMap((type) =>
      Object.values<GraphQLField<unknown, unknown> | GraphQLInputField>(type.getFields())
        .filter((field) => declares(field) && !inherits(type, field.name))
        .map((field) => ({ name: `${type.name}.${field.name}` })),
    )
  const names = [...types, ...fields, ...members].map(({ name }) => code(name))
  return neededElsewhere[scope] ?? (names.join(', ') || 'nothing yet')
}

describe('.env.example', () => {
  it('has every setting, commented out, with its description and its default', () => {
    const entries = envExample.split('\n\n').filter((entry) => /^#[A-Z]/m.test(entry))
    const expected = Object.entries(settings).map(
      ([name, { default: fallback, description }]) => `# ${description}\n#${name}=${fallback ?? ''}`,
    )
    expect(entries.map((entry) => entry.trim())).toEqual(expected)
  })
})

interface Snippet {
  readonly title: string
  readonly document: string
  readonly variables: unknown
  /** What the README says is answered; undefined where it does not. */
  readonly answer: unknown
}

/** Every operation of the README. The JSON that follows one is its answer where it has `data`, else its variables. */
function snippets(): readonly Snippet[] {
  const pattern = /^```graphql\n(.*?)^```\n((?:\s*^```json\n.*?^```\n)*)/gms
  return [...readme.matchAll(pattern)].map(([, document = '', following = '']) => {
    const values = [...following.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = '']) => JSON.parse(json))
    return {
      title: document.match(/(?:query|mutation) \w+/)?.[0] ?? document,
      document,
      variables: values.find((value) => !('data' in value)),
      answer: values.find((value) => 'data' in value),
    }
  })
}

describe('a snippet of the README', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createHarness()
  })
  afterAll(() => harness.close())

  it.each(snippets())('runs as it is: $title', async ({ document, variables, answer }) => {
    const { status, data, errors } = await harness.askRaw(document, variables)
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
    if (answer !== undefined) expect({ data }).toEqual(answer)
  })

  it('asks over AuthZEN, with the answer that follows', async () => {
    const pattern = /curl http:\/\/127\.0\.0\.1:4000(\/access\/\S+) .*?-d '(.*?)'\n```\n\n```json\n(.*?)^```/gms
    const asked = [...readme.matchAll(pattern)]
    expect(asked).not.toEqual([])
    for (const [, path = '', body = '', answer = ''] of asked) {
      const authorization = await harness.authorize({
        claims: { customer_id: 1, scope: 'permissions:check roles:read' },
      })
      const headers = { ...authorization, 'content-type': 'application/json' }
      const response = await harness.fetch(path, { method: 'POST', headers, body })
      expect({ path, answer: await response.json() }).toEqual({ path, answer: JSON.parse(answer) })
    }
  })

  it('asks over OAuth, with the answer that follows', async () => {
    const pattern =
      /^curl http:\/\/127\.0\.0\.1:4000(\/oauth\/introspect) -u "\$id:\$secret" -d "token=\$asked"\n```\n\n```json\n(.*?)^```/ms
    const [, path = '', json = ''] = pattern.exec(readme) ?? []
    const id = demoTokenId('Joiners & leavers')
    await harness.prisma.token.update({ where: { id }, data: { scope: ['tokens:introspect'] } })
    const response = await harness.fetch(path, {
      method: 'POST',
      headers: basic(id, demoSecret('Joiners & leavers')),
      body: new URLSearchParams({ token: demoSecret('acme.sh on www1') }),
    })
    const answer = await response.json()
    // When the demo was made, by whom, and where it is asked.
    const { exp, iat, sub, org_id, iss } = answer
    expect(answer).toEqual({ ...JSON.parse(json), exp, iat, sub, org_id, iss })
  })

  it('is there for the first query, with its answer', () => {
    expect(snippets()[0]).toMatchObject({ title: 'query WhoAmI', answer: { data: expect.anything() } })
  })

  it.each([
    ['mutation Issue', { issueToken: { __typename: 'IssueTokenPayload' } }],
    ['mutation SwitchOff', { deactivateToken: { token: { status: 'DEACTIVATED' } } }],
    ['query Search', { users: { results: [expect.anything()] } }],
  ])('does what the text around it says: %s', async (title, expected) => {
    const { document, variables } = snippets().find((snippet) => snippet.title === title) as Snippet
    const { data } = await harness.askRaw(document, variables)
    expect(data).toMatchObject(expected)
  })
})
