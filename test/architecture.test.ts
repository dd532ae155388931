/** Imports point one way: what a folder may import from is written here, and nothing else is allowed. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))

/** Part of src → the parts that it may import from, beside itself. A folder is a part, and so is a file at the top. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'withoutSecrets.ts': [],
  'errors.ts': ['withoutSecrets.ts'],
  'deadline.ts': ['errors.ts'],
  'duration.ts': [],
  'printable.ts': [],
  'writtenTexts.ts': ['printable.ts'],
  'opaqueId.ts': [],
  'json.ts': ['errors.ts'],
  'octets.ts': [],
  'observer.ts': ['errors.ts'],
  'progress.ts': [],
  'wholeFile.ts': [],
  'instants.ts': [],
  'dataFolder.ts': ['errors.ts'],
  'databaseUrl.ts': [],
  'config.ts': ['databaseUrl.ts', 'duration.ts', 'errors.ts'],
  'log.ts': ['config.ts'],
  'logObserver.ts': ['log.ts', 'observer.ts', 'withoutSecrets.ts'],
  auth: [
    ...['dataFolder.ts', 'errors.ts', 'observer.ts', 'printable.ts', 'wholeFile.ts', 'withoutSecrets.ts'],
    'db/generated',
  ],
  'failures.ts': ['auth', 'errors.ts'],
  'ids.ts': ['auth', 'errors.ts', 'printable.ts'],
  db: ['auth', 'dataFolder.ts', 'errors.ts', 'failures.ts', 'observer.ts', 'octets.ts', 'wholeFile.ts'],
  search: ['auth', 'db', 'errors.ts', 'ids.ts', 'printable.ts'],
  page: ['db', 'errors.ts', 'opaqueId.ts'],
  links: ['auth', 'db', 'errors.ts', 'page'],
  'caller.ts': ['auth', 'db', 'links'],
  'rights.ts': ['auth', 'db', 'links'],
  'revokedTokens.ts': ['db'],
  'tokenBySecret.ts': ['auth', 'db', 'links'],
  'context.ts': ['auth', 'caller.ts', 'db', 'deadline.ts', 'links', 'observer.ts', 'search'],
  schema: [
    ...['auth', 'caller.ts', 'context.ts', 'db', 'errors.ts', 'failures.ts', 'ids.ts', 'instants.ts'],
    ...[
      'links',
      'opaqueId.ts',
      'page',
      'printable.ts',
      'revokedTokens.ts',
      'rights.ts',
      'search',
      'tokenBySecret.ts',
      'writtenTexts.ts',
    ],
  ],
  execution: ['context.ts', 'db', 'links', 'octets.ts', 'schema/resolveAll.ts'],
  operation: [
    ...['auth', 'context.ts', 'db', 'errors.ts', 'execution', 'links', 'octets.ts'],
    ...['schema/costPlugin.ts', 'schema/readsPlugin.ts', 'schema/scopesPlugin.ts'],
  ],
  'entrance.ts': ['auth', 'context.ts', 'deadline.ts', 'errors.ts', 'observer.ts', 'operation'],
  'core.ts': ['entrance.ts', 'errors.ts', 'observer.ts', 'operation'],
  authzen: [
    ...['auth', 'context.ts', 'db', 'entrance.ts', 'errors.ts', 'ids.ts', 'json.ts', 'links', 'page', 'rights.ts'],
  ],
  oauth: [
    ...[
      'auth',
      'context.ts',
      'db',
      'entrance.ts',
      'errors.ts',
      'failures.ts',
      'links',
      'revokedTokens.ts',
      'rights.ts',
      'tokenBySecret.ts',
    ],
  ],
  graphiql: [],
  http: [
    ...[
      'auth',
      'authzen',
      'core.ts',
      'entrance.ts',
      'errors.ts',
      'graphiql',
      'json.ts',
      'oauth',
      'observer.ts',
      'octets.ts',
      'operation',
      'withoutSecrets.ts',
    ],
  ],
  'gateway.ts': [
    'auth',
    'authzen',
    'context.ts',
    'core.ts',
    'db',
    'entrance.ts',
    'execution',
    'http',
    'oauth',
    'observer.ts',
    'operation',
    'schema/index.ts',
    'schema/subgraph.ts',
  ],
  transfer: ['auth', 'db', 'errors.ts', 'instants.ts', 'printable.ts', 'writtenTexts.ts'],
  'connections.ts': [],
  'documentScopes.ts': ['context.ts', 'errors.ts', 'operation', 'schema/index.ts'],
  'readiness.ts': ['http', 'observer.ts'],
  'server.ts': ['connections.ts', 'errors.ts', 'gateway.ts', 'http', 'observer.ts'],
  'assemble.ts': ['auth', 'config.ts', 'context.ts', 'http', 'observer.ts', 'operation'],
  'start.ts': [
    'assemble.ts',
    'auth',
    'config.ts',
    'db',
    'gateway.ts',
    'graphiql',
    'http',
    'observer.ts',
    'readiness.ts',
    'server.ts',
    '../examples/data',
  ],
  'announcement.ts': ['config.ts', 'start.ts'],
  'arguments.ts': ['auth', 'duration.ts'],
  commands: [
    'announcement.ts',
    'assemble.ts',
    'auth',
    'config.ts',
    'db',
    'documentScopes.ts',
    'errors.ts',
    'log.ts',
    'logObserver.ts',
    'progress.ts',
    'schema/sdl.ts',
    'start.ts',
    'transfer',
    '../examples/data',
  ],
  'cli.ts': ['arguments.ts', 'auth', 'commands', 'config.ts', 'errors.ts'],
  'main.mjs': ['cli.ts'],
}

interface Import {
  readonly from: string
  readonly to: string
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.(ts|mjs)$/.test(file) && !file.startsWith(join('db', 'generated')),
)

const importPattern = /(?:from|import\()\s*'(\.[^']+)'|^import '(\.[^']+)'/gm

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(src, file), 'utf8')
  const targets = [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? '')
  return targets.map((target) => ({ from: file, to: relative(src, resolve(src, dirname(file), target)) }))
})

const part = (file: string) => file.split('/')[0] ?? file

describe('the imports of src', () => {
  it('are there to be checked', () => {
    expect(imports.length).toBeGreaterThan(200)
    expect(Object.keys(allowed).sort()).toEqual([...new Set(files.map(part))].sort())
  })

  it.each(Object.entries(allowed))('of %s lead only to %j', (from, targets) => {
    const stray = imports.filter(
      (edge) =>
        part(edge.from) === from &&
        part(edge.to) !== from &&
        !targets.some((target) => edge.to === target || edge.to.startsWith(`${target}/`)),
    )
    expect(stray).toEqual([])
  })

  it('of the built schema are made by the gateway, the subgraph and the command line only', () => {
    const importers = imports.filter(({ to }) => to === 'schema/index.ts').map(({ from }) => from)
    expect(importers.sort()).toEqual(['documentScopes.ts', 'gateway.ts', 'schema/sdl.ts', 'schema/subgraph.ts'])
  })

  it('of Yoga are made by one adapter', () => {
    const importers = files.filter((file) => /from 'graphql-yoga'/.test(readFileSync(join(src, file), 'utf8')))
    expect(importers).toEqual([join('http', 'yoga.ts')])
  })

  it('of the ways to send what changes something lead to the one way to change only', () => {
    const importers = (file: string) => imports.filter(({ to }) => to === file).map(({ from }) => from)
    expect(importers('db/transaction.ts')).toEqual(['db/write.ts'])
    expect(importers('db/write.ts').sort()).toEqual(['db/change.ts', 'db/client.ts', 'db/idempotency.ts'])
    expect(importers('db/changeStatement.ts').filter((from) => from.startsWith('db/'))).toEqual(['db/change.ts'])
  })

  it('leave it for the example data only, which the commands start with', () => {
    const leaving = imports.filter(({ to }) => to.startsWith('..'))
    expect(leaving.filter(({ to }) => !to.startsWith('../examples/data/'))).toEqual([])
    expect([...new Set(leaving.map(({ from }) => from))].sort()).toEqual(['commands/seed.ts', 'start.ts'])
  })
})

describe('the process', () => {
  const mentioning = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(join(src, file), 'utf8')))

  const ofCommandLine = ['cli.ts', 'commands', 'main.mjs']

  it('is printed to and ended by the command line only', () => {
    const printing = mentioning(/process\.(exit|stdout|stderr)\b|console\./)
    expect([...new Set(printing.map(part))].sort()).toEqual(ofCommandLine)
    const ending = mentioning(/process\.exit\b/)
    expect(ending.sort()).toEqual(['cli.ts', 'commands/start.ts'])
  })

  it('sends statements through the one way to read and the one way to change only', () => {
    expect(mentioning(/\$(queryRaw|executeRaw|transaction)\b/).sort()).toEqual(['db/read.ts', 'db/transaction.ts'])
  })

  it('has its environment read by the command line only, which hands it to the configuration', () => {
    expect([...new Set(mentioning(/process\.env\b/).map(part))]).toEqual(['commands'])
  })
})
