/** Callers that are bound to documents: the step of `run` that refuses them any other. */
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { limitsOf } from '../../src/assemble.ts'
import { onlyOperationsOf } from '../../src/auth/onlyOperations.ts'
import { createPrincipal } from '../../src/auth/principal.ts'
import { readConfig } from '../../src/config.ts'
import type { Context } from '../../src/context.ts'
import { createDocumentCache } from '../../src/operation/documentCache.ts'
import { documentHash } from '../../src/operation/documentHash.ts'
import { readAnswer } from '../../src/operation/execute.ts'
import { createPreparer } from '../../src/operation/prepare.ts'
import { createRunner } from '../../src/operation/run.ts'
import { schema } from '../../src/schema/index.ts'

const limits = limitsOf(readConfig({}))
const prepare = createPreparer({
  schema,
  documents: createDocumentCache(),
  limits,
  mostRows: 1_000,
  openIntrospection: true,
})
const run = createRunner({
  schema,
  limits,
  openIntrospection: true,
  without: new Set(),
  onHandedOver: () => undefined,
  onUnexpectedError: () => undefined,
})
const claimed = {
  subject: 'service',
  userId: null,
  allOrganizations: false,
  jkt: null,
  organization: { id: null, customerId: 1 },
  accessId: 2,
  tokenId: 3,
  scopes: new Set<string>(),
}
const principal = createPrincipal(claimed, {
  organizationId: 'a0000000-0000-4000-8000-000000000001',
  onlyOperations: null,
  mostScopes: null,
})

/** The part of a context that these operations need, which read nothing. */
const askedBy = (documents: readonly string[]) =>
  ({
    principal: { ...principal, onlyOperations: onlyOperationsOf(documents.map((text) => documentHash(parse(text)))) },
    share: { admit: () => undefined },
  }) as unknown as Context
const answer = async (
  document: string,
  bound: readonly string[],
  operationName: string | null = null,
  variables = {},
) => {
  try {
    const { data, written } = await run(prepare(document, operationName), variables, askedBy(bound))
    return written === undefined ? data : readAnswer(written).data
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

const subject = 'query Subject { viewer { subject } }'
const scopes = 'query Scopes { viewer { scopes } } query Both { viewer { subject scopes } }'

describe('a caller that is bound to documents', () => {
  it('runs those, in any layout, and every operation of each', async () => {
    expect(await answer(subject, [subject])).toEqual({ viewer: { subject: 'service' } })
    expect(await answer('# the same\nquery Subject {\n  viewer { subject, }\n}\n', [subject])).toEqual({
      viewer: { subject: 'service' },
    })
    expect(await answer(scopes, [subject, scopes], 'Scopes')).toEqual({ viewer: { scopes: [] } })
    expect(await answer(scopes, [subject, scopes], 'Both')).toEqual({ viewer: { subject: 'service', scopes: [] } })
  })

  it.each([
    ['another document', '{ viewer { subject } }'],
    ['a part of one', 'query Scopes { viewer { scopes } }'],
    ['the same with an alias', 'query Subject { viewer { a: subject } }'],
    ['the same under another name', 'query Other { viewer { subject } }'],
    ['the same beside another operation', `${subject} query More { viewer { scopes } }`],
    ['introspection', '{ __schema { queryType { name } } }'],
    ['nothing but the name of the type', '{ __typename }'],
  ])('is refused %s', async (_, document) => {
    const operationName = document.includes('query More') ? 'More' : null
    expect(await answer(document, [subject, scopes], operationName)).toBe('FORBIDDEN')
  })

  it('is refused before its variables are looked at, and whatever scopes it has', async () => {
    expect(await answer('query ($v: Int!) { users(limit: $v) { total } }', [subject])).toBe('FORBIDDEN')
  })

  it('that is bound to none runs any', async () => {
    expect(await answer(subject, [])).toEqual({ viewer: { subject: 'service' } })
    expect(principal.onlyOperations).toBeNull()
  })
})

describe('the hash of a document', () => {
  const hashOf = (text: string) => documentHash(parse(text))

  it('does not depend on white space, commas and comments', () => {
    const laidOut = '# A\nquery A($a: Int $b: Int) {\n\tusers(limit: $a offset: $b)\n{ total } }'
    expect(hashOf(laidOut)).toBe(hashOf('query A($a:Int,$b:Int){users(limit:$a,offset:$b){total}}'))
  })

  it('depends on the order of fields, on names, and on values', () => {
    const texts = [
      '{ a b }',
      '{ b a }',
      'query A { a b }',
      '{ a(x: 1) b }',
      '{ a(x: 2) b }',
      '{ a b } { c }',
      '{ a: b }',
    ]
    expect(new Set(texts.map(hashOf)).size).toBe(texts.length)
  })
})
