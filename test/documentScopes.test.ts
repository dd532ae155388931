import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatList, outgrown, scopesOfFiles } from '../src/documentScopes.ts'
import { StartupError } from '../src/errors.ts'

const contents = {
  'users.graphql': 'query Users($v: Boolean!) { users { results { ...Names tokens @include(if: $v) { total } } } }',
  'names.graphql': 'fragment Names on User { firstname accesses { total } }',
  'me.graphql': 'query Me { viewer { subject } }',
  'lone.graphql': '{ __schema { queryType { name } } }',
  'broken.graphql': 'query {\n  viewer {',
  'wrong.graphql': 'query Wrong {\n  nothing\n  roles(first: 1) { total }\n}',
  'exact.txt': 'Me:\nUsers: accesses:read tokens:read users:read\n',
  'more.txt': 'Gone: roles:read\r\n\nMe: users:read\nUsers: users:read tokens:read accesses:read\n',
  'less.txt': 'Users: users:read\n',
  'none.txt': 'Me:\nUsers = users:read\n',
}
type Name = keyof typeof contents

describe('the scopes of documents on disk', () => {
  let folder: string
  const at = (name: string) => join(folder, name)
  const scopesOf = (...names: readonly Name[]) => scopesOfFiles(names.map(at))
  const client = () => scopesOf('users.graphql', 'names.graphql', 'me.graphql')
  const failure = async (failing: Promise<unknown>) => {
    const error = await failing.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StartupError)
    return (error as StartupError).message.replaceAll(`${folder}/`, '').split('\n')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iam-graph-scopes-'))
    for (const [name, text] of Object.entries(contents)) await writeFile(at(name), text)
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('are a line for each operation, by name, in the worst case, with fragments of other files', async () => {
    expect(formatList(await client())).toBe(contents['exact.txt'])
  })

  it('are known by the kind of operation where a lone one has no name', async () => {
    expect(formatList(await scopesOf('lone.graphql'))).toBe('query: schema:read\n')
  })

  it.each(['exact.txt', 'more.txt'])('do not outgrow a list that has as much: %s', async (list) => {
    expect(await outgrown(await client(), at(list))).toEqual([])
  })

  it('outgrow a list that has less, or lacks an operation', async () => {
    const problems = await outgrown(await client(), at('less.txt'))
    expect(problems.map((problem) => problem.replace(at('less.txt'), 'LIST'))).toEqual([
      'Me is not in LIST',
      'Users needs accesses:read (User.accesses), which LIST does not have',
      'Users needs tokens:read (User.tokens), which LIST does not have',
    ])
  })

  it('are refused with the place where a document is not valid, all problems at once', async () => {
    expect(await failure(scopesOf('broken.graphql'))).toEqual([
      expect.stringMatching(/^broken.graphql:2:11: Syntax Error/),
    ])
    expect(await failure(scopesOf('me.graphql', 'wrong.graphql'))).toEqual([
      expect.stringMatching(/^wrong.graphql:2:3: Cannot query field "nothing"/),
      expect.stringMatching(/^wrong.graphql:3:9: Unknown argument "first"/),
    ])
    expect(await failure(scopesOf('users.graphql'))).toEqual(['users.graphql:1:50: Unknown fragment "Names".'])
  })

  it('are refused where a file can not be read, or where the list is none', async () => {
    expect(await failure(scopesOfFiles([at('gone.graphql')]))).toEqual(['gone.graphql can not be read: ENOENT'])
    expect(await failure(outgrown(await client(), at('gone.txt')))).toEqual(['gone.txt can not be read: ENOENT'])
    expect(await failure(outgrown(await client(), at('none.txt')))).toEqual([
      'none.txt:2: expected an operation with its scopes, such as "ReadUsers: users:read"',
    ])
  })
})
