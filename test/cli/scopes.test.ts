import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCli } from '../support/cli.ts'

const cli = createCli()

describe('the command scopes', () => {
  let folder: string
  const at = (name: string) => join(folder, name)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iam-graph-scopes-'))
    await writeFile(at('users.graphql'), 'query Users { users { total } }')
    await writeFile(at('list.txt'), 'Users:\n')
  })
  afterAll(async () => {
    await cli.end()
    await rm(folder, { recursive: true })
  })

  it('prints what the operations need', async () => {
    const { code, stdout } = await cli.run(['scopes', at('users.graphql')])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Users: users:read\n' })
  })

  it('fails where one needs more than the list says', async () => {
    const ended = await cli.run(['scopes', at('users.graphql'), '--check', at('list.txt')])
    const problem = `Users needs users:read (Query.users), which ${at('list.txt')} does not have\n`
    expect(ended).toEqual({ code: 1, stdout: '', stderr: problem })
  })
})
