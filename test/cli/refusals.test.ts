import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allScopes } from '../../src/auth/scopes.ts'
import { settings } from '../../src/config.ts'
import { createCli, warningsIn } from '../support/cli.ts'

const cli = createCli()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
})
afterAll(async () => {
  await cli.end()
  await rm(folder, { recursive: true })
})

const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  cli.run(args, { DATA_DIR: join(folder, 'data'), ...environment })

describe('a start', () => {
  it('is refused in production without its variables, all of them listed', async () => {
    expect(await run(['start'], { NODE_ENV: 'production' })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'JWT_ISSUER: expected the issuer of the JWTs, received none\n' +
        'JWKS_URI: expected a key set (or JWT_KEY_FILE) in production, received none\n' +
        'DATABASE_URL: expected a PostgreSQL server in production, received none (the embedded database is for demos)\n',
    })
  })

  it('is refused where the database is out of reach, in one line', async () => {
    const DATABASE_URL = 'postgres://ada:hunter2@127.0.0.1:1/iam'
    expect(await run(['start'], { DATABASE_URL })).toEqual({
      code: 1,
      stdout: '',
      stderr: "The PostgreSQL server of DATABASE_URL can't be reached: connect ECONNREFUSED 127.0.0.1:1\n",
    })
  })

  it('is refused where the database was made by another version, in one line', async () => {
    const old = join(folder, 'old', 'postgres')
    await mkdir(old, { recursive: true })
    await writeFile(join(old, 'PG_VERSION'), '17\n')
    expect(await run(['start'], { DATA_DIR: join(folder, 'old') })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `The data folder ${old} was made by PostgreSQL 17, the embedded database is PostgreSQL 18: ` +
        'set DATA_DIR to another folder, or remove this one to start anew\n',
    })
  })

  it.each(['start', 'token'])('is refused where the data folder is a file, in one line: %s', async (command) => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    expect(await run([command, ...(command === 'token' ? ['--customer', '1'] : [])], { DATA_DIR: file })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^The data folder \S+ can't be made, or closed to other users: EEXIST\n$/),
    })
  })

  it("is refused where the embedded database can't have its folder, in one line", async () => {
    const taken = join(folder, 'taken', 'postgres')
    await mkdir(join(folder, 'taken'))
    await writeFile(taken, '')
    expect(await run(['start'], { DATA_DIR: join(folder, 'taken') })).toEqual({
      code: 1,
      stdout: '',
      stderr: `The embedded database in ${taken} did not start: ENOTDIR\n`,
    })
  })

  it('is refused where the key file is not there, in one line', async () => {
    expect(await run(['start'], { JWT_KEY_FILE: '/nowhere.pem', JWT_ISSUER: 'me' })).toEqual({
      code: 2,
      stdout: '',
      stderr: "JWT_KEY_FILE: /nowhere.pem can't be read: ENOENT\n",
    })
  })
})

describe('token', () => {
  const ttl = "option '--ttl <duration>' argument '13h' is invalid. Expected a duration of at most 12h, such as 30m."
  it.each([
    [['--customer', '1', '--ttl', '13h'], `error: ${ttl}`],
    [['--customer', 'one'], "error: option '--customer <number>' argument 'one' is invalid."],
    [['--customer', '1', '--user', 'ada'], "error: option '--user <uuid>' argument 'ada' is invalid. Expected a UUID."],
    [['--scope', 'users:read'], 'Expected --customer or --all-organizations'],
  ])('is refused with a clear line: %j', async (options, message) => {
    const { code, stdout, stderr } = await run(['token', ...options])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr.startsWith(message)).toBe(true)
  })

  it('is refused where the gateway trusts another issuer', async () => {
    const foreign = { JWKS_URI: 'https://issuer.example/jwks', JWT_ISSUER: 'https://issuer.example' }
    expect(await run(['token', '--customer', '1'], foreign)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'The gateway trusts the issuer of JWKS_URI or JWT_KEY_FILE, not itself: ask that issuer for a JWT\n',
    })
  })

  it('makes one key where several processes need one at once', async () => {
    const environment = { DATA_DIR: join(folder, 'shared') }
    const all = await Promise.all([1, 2, 3].map(() => run(['token', '--customer', '1'], environment)))
    const key = JSON.parse(await readFile(join(folder, 'shared', 'development-key.jwk'), 'utf8'))
    expect(await readdir(join(folder, 'shared'))).toEqual(['development-key.jwk'])
    for (const { code, stdout } of all) {
      expect(code).toBe(0)
      expect(JSON.parse(Buffer.from(stdout.split('.')[0] ?? '', 'base64url').toString()).kid).toBe(key.kid)
    }
  })
})

describe('the command line', () => {
  it.each([[['--help']], [['start', '--help']]])('names each setting and each scope: %j', async (args) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const [name, { description }] of Object.entries(settings)) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
      expect(stdout).toContain(description)
    }
    for (const scope of allScopes) expect(stdout).toContain(scope)
  })

  it.each([
    [['strt'], "unknown command 'strt' (Did you mean start?)"],
    [['sing', '--loud'], "unknown command 'sing'"],
    [['--loud'], "unknown option '--loud'"],
    [['start', 'now'], "too many arguments for 'start'. Expected 0 arguments but got 1."],
    [['token', '--custmer', '1'], "unknown option '--custmer' (Did you mean --customer?)"],
    [['seed'], "required option '--users <count>' not specified"],
    [
      ['seed', '--users', '1000001'],
      "option '--users <count>' argument '1000001' is invalid. Expected at most 1000000.",
    ],
  ])('refuses what it does not know, in one line: %j', async (args, problem) => {
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr: `error: ${problem}\n` })
  })
})

describe('seed', () => {
  it('fills a database that is new, and adds nothing the second time', async () => {
    const environment = { DATA_DIR: join(folder, 'seeded') }
    const first = await run(['seed', '--users', '20'], environment)
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^20 users are there; [1-9]\d* rows inserted/),
    })
    const second = await run(['seed', '--users', '20'], environment)
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^20 users are there; 0 rows inserted/) })
  }, 120_000)
})

describe('an exception or a rejection that nobody has caught', () => {
  it('is logged, and ends the gateway in order, with exit code 1, whatever is thrown meanwhile', async () => {
    const trap =
      'data:text/javascript,process.on("SIGUSR2",()=>{throw new Error("boom")}).on("SIGHUP",()=>{Promise.reject(new Error("late"))})'
    const trapped = createCli({ nodeArguments: ['--import', trap] })
    const gateway = trapped.start(['start'], { DATA_DIR: join(folder, 'seeded'), DRAIN_DELAY: '2s' })
    const [, url = ''] = await gateway.until(/Endpoint {2}(http:\S+)\/graphql\n/)
    gateway.signal('SIGUSR2')
    await expect.poll(async () => (await (await fetch(`${url}/ready`)).json()).accepting).toBe(false)
    // Longer than what is taken for one signal that comes twice.
    await delay(700)
    gateway.signal('SIGHUP')
    const ended = await gateway.ended()
    expect(ended.code).toBe(1)
    expect(warningsIn(ended)).toMatchObject([
      { level: 50, msg: 'uncaught exception', err: { message: 'boom' } },
      { level: 50, msg: 'uncaught exception', err: { message: 'late' } },
    ])
    expect(await readdir(join(folder, 'seeded'))).not.toContain('lock.pid')
    await trapped.end()
  }, 120_000)
})
