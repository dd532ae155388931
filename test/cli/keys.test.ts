/** The command that rotates signing keys, and gateways that start with them. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCli } from '../support/cli.ts'

const cli = createCli()
let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  path = join(folder, 'keys.json')
})
afterAll(async () => {
  await cli.end()
  await rm(folder, { recursive: true })
})

const run = (...args: readonly string[]) =>
  cli.run(['keys', ...args], { SIGNING_KEYS_FILE: path, PUBLIC_URL: 'https://iam.example', DATA_DIR: folder })

describe('keys', () => {
  it('makes a file, adds a key that waits, lists both, and takes one away', async () => {
    expect((await run('rotate')).stdout).toMatch(/^[\w-]{43} {2}ES256 {2}signing\n$/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const { stdout } = await run('rotate', '--lead', '1h', '--algorithm', 'EdDSA')
    expect(stdout).toMatch(
      /^[\w-]{43} {2}ES256 {2}signing until .*\n[\w-]{43} {2}EdDSA {2}waiting: signs from .* on\n$/,
    )
    expect((await run('list')).stdout).toBe(stdout)
    const again = await run('rotate')
    expect(again).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The key .* is waiting to sign/),
    })
    const [, waiting = ''] = stdout.split('\n')
    expect((await run('remove', waiting.slice(0, 43))).stdout).toMatch(/^.* {2}ES256 {2}signing\n$/)
  })

  it.each([
    [['rotate', '--lead', '29s'], 'Expected a duration of at least 30s, such as 15m.'],
    [['rotate', '--algorithm', 'HS256'], 'Allowed choices are ES256, EdDSA.'],
    [['remove', 'unknown'], 'There is no key unknown'],
  ])('refuses %j', async (args, message) => {
    const before = await readFile(path, 'utf8')
    expect((await run(...args)).stderr).toContain(message)
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  it('says what is to be set where a gateway signs nothing', async () => {
    const environment = { JWKS_URI: 'https://issuer.example/jwks', JWT_ISSUER: 'https://issuer.example' }
    expect(await cli.run(['keys', 'list'], environment)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'SIGNING_KEYS_FILE: expected the file that the keys are in, or are to be in, received none\n',
    })
  })
})
