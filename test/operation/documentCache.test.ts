import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { limitsOf } from '../../src/assemble.ts'
import { readConfig } from '../../src/config.ts'
import { createDocumentCache, type DocumentCache } from '../../src/operation/documentCache.ts'
import { createPreparer, type Prepare } from '../../src/operation/prepare.ts'
import { schema } from '../../src/schema/index.ts'
import { createSubgraph } from '../../src/schema/subgraph.ts'

const many = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')

const links = 'id accesses { results { id roles { id permissions { id roles { id accesses { total } } } } } }'

interface Kind {
  readonly count: number
  /** Operations in each. */
  readonly operations?: number
  write(name: string): string
}

/** Documents of every shape; no two of one kind are the same. */
const kinds: Readonly<Record<string, Kind>> = {
  'tiny ones': { count: 1_500, write: (name) => `{ ${name}: __typename }` },
  'those of a page': { count: 300, write: (name) => `query ${name} { users { total results { ${links} } } }` },
  'long lists of fields': {
    count: 12,
    write: (name) => `query ${name} { users { results { ${many(120, () => 'id email phone language createdAt')} } } }`,
  },
  'many links': {
    count: 12,
    write: (name) => `query ${name} { viewer { ${many(25, (i) => `a${i}: user { email ${links} }`)} } }`,
  },
  'long lists of values': {
    count: 12,
    write: (name) =>
      `query ${name} { ${many(10, (i) => `a${i}: users(search: { ids: [${many(180, (j) => `"${j}"`)}] }) { total }`)} }`,
  },
  'fragments that are spread often': {
    count: 12,
    write: (name) =>
      `query ${name} { ${many(60, () => '...F')} } fragment F on Query { users { total results { ${links} } } }`,
  },
  'many operations with one fragment': {
    count: 12,
    operations: 70,
    write: (name) =>
      `${many(70, (i) => `query ${name}${i} { ...F }`)} fragment F on Query { users { total results { ${links} } } }`,
  },
  'many tiny operations': {
    count: 12,
    operations: 390,
    write: (name) => many(390, (i) => `query ${name}${i} { __typename }`),
  },
  'many conditions': {
    count: 12,
    write: (name) =>
      `query ${name}(${many(100, (i) => `$v${i}: Boolean!`)}) {
        viewer { ${many(100, (i) => `subject @include(if: $v${i})`)} } }`,
  },
  'searches by variable': {
    count: 60,
    write: (name) => `query ${name}($s: UserSearch) { ${many(20, (i) => `a${i}: users(search: $s) { total }`)} }`,
  },
  'long comments': { count: 200, write: (name) => `{ ${name}: __typename } # ${'ä€'.repeat(5_000)}` },
}

const config = readConfig({})
const options = { limits: limitsOf(config), mostRows: config.MAX_PAGE_SIZE, openIntrospection: true }

function fill(prepare: Prepare, { count, operations = 1, write }: Kind, prefix = 'q'): void {
  for (let index = 0; index < count; index++) {
    const name = `${prefix}${index}_`
    const source = write(name)
    if (operations === 1) prepare(source, undefined)
    else for (let i = 0; i < operations; i++) prepare(source, `${name}${i}`)
  }
}

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Bytes of the heap that are in use, what can be freed being freed: some things are only after several collections. */
function heapUsed(): number {
  let before = Number.POSITIVE_INFINITY
  for (;;) {
    collect()
    const { heapUsed: used } = process.memoryUsage()
    if (used >= before) return used
    before = used
  }
}

/** Lets everything be compiled and remembered that is not of a document. */
function warmUp(preparers: readonly Prepare[], kinds: readonly Kind[]): void {
  for (const prepare of preparers) for (const kind of kinds) fill(prepare, { ...kind, count: 5 }, 'warm')
}

/** What the work leaves behind, in bytes. */
function growth(work: () => void): number {
  const before = heapUsed()
  work()
  return heapUsed() - before
}

describe('the documents that are remembered', () => {
  const kindsByName = Object.entries(kinds)

  it.each(kindsByName)('take no more memory than is reckoned, and more than a twentieth of it: %s', (_, kind) => {
    const documents = createDocumentCache(1_000_000_000)
    const prepare = createPreparer({ ...options, schema, documents })
    warmUp([prepare], [kind])
    documents.clear()
    const taken = growth(() => fill(prepare, kind))
    expect(documents.size).toBe(kind.count)
    expect(taken).toBeLessThan(documents.calculatedSize * 1.1)
    expect(taken).toBeGreaterThan(documents.calculatedSize / 20)
  })

  it('are bounded by their memory, those of both schemas together', () => {
    const bytes = 8_000_000
    const documents: DocumentCache = createDocumentCache(bytes)
    const preparers = [schema, createSubgraph().schema].map((each) =>
      createPreparer({ ...options, schema: each, documents }),
    )
    const filled = Object.values(kinds)
    warmUp(preparers, filled)
    documents.clear()
    const taken = growth(() => {
      for (const kind of filled) for (const prepare of preparers) fill(prepare, kind)
    })
    expect(documents.calculatedSize).toBeGreaterThan(bytes / 2)
    expect(taken).toBeLessThan(bytes * 1.1)
  })

  it('are 64 MiB and 5,000 at most', () => {
    const documents = createDocumentCache()
    expect({ bytes: documents.maxSize, count: documents.max }).toEqual({ bytes: 64 * 1024 * 1024, count: 5_000 })
  })

  it('are prepared once for each schema', () => {
    const documents = createDocumentCache()
    const prepare = createPreparer({ ...options, schema, documents })
    const prepareSubgraph = createPreparer({ ...options, schema: createSubgraph().schema, documents })
    const source = '{ viewer { subject } }'
    const [first, other] = [prepare(source, null), prepareSubgraph(source, null)]
    expect(prepare(source, null)).toBe(first)
    expect(prepareSubgraph(source, null)).toBe(other)
    expect(other).not.toBe(first)
  })

  it('are not those that were refused', () => {
    const documents = createDocumentCache()
    const prepare = createPreparer({ ...options, schema, documents })
    for (const source of ['{', '{ nothing }', `{ ${'a '.repeat(3_000)} }`]) {
      expect(() => prepare(source, null)).toThrow()
    }
    expect(documents.size).toBe(0)
  })
})
