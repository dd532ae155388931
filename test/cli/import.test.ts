import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCli, warningsIn } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { linesOf } from '../support/transfer.ts'

const cli = createCli()
const example = 'examples/data/organization.jsonl'
const organization = { type: 'organization', id: '3b9c6f0e-52a4-4c53-9a6e-2f1d7c8b4a11', customer_id: 9, name: 'Nine' }

let folder: string
let database: TestDatabase
let environment: Readonly<Record<string, string>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  database = await createTestDatabase({ migrated: true })
  const { connectionString } = database.connection
  environment = {
    DATA_DIR: join(folder, 'data'),
    ...(connectionString === undefined ? {} : { DATABASE_URL: connectionString }),
  }
})
afterAll(async () => {
  await cli.end()
  await database.close()
  await rm(folder, { recursive: true })
})

const run = (...args: readonly string[]) => cli.run(args, environment)

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

describe('organization', () => {
  it('adds one, which is listed then, and once only', async () => {
    const id = '3b9c6f0e-52a4-4c53-9a6e-2f1d7c8b4a12'
    expect(await run('organization', 'add', '--customer', '8', '--name', 'Eight', '--id', id)).toEqual({
      code: 0,
      stdout: `Added Eight: JWTs with customer_id 8 or org_id ${id} are taken from now on.\n`,
      stderr: '',
    })
    expect(await run('organization', 'list')).toEqual({ code: 0, stdout: `8\t${id}\t"Eight"\n`, stderr: '' })
    expect(await run('organization', 'add', '--customer', '8', '--name', 'Other')).toEqual({
      code: 2,
      stdout: '',
      stderr: `The organization ${id} with the customer number 8 is there already\n`,
    })
  })

  it('refuses a name that can not be stored', async () => {
    const { code, stderr } = await run('organization', 'add', '--customer', '7', '--name', '')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^name: expected 1 to 500 printable characters, received/),
    })
  })
})

describe('import and export', () => {
  it('bring the example in, and give it back', async () => {
    expect(await run('import', '--check', example)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Nothing is wrong with 15 lines in [\d.]+ s\.\n$/),
    })
    expect(await run('export', '--customer', '4711')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'There is no organization with the customer number 4711\n',
    })
    const { code, stdout, stderr } = await run('import', example)
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^Reading\n[\s\S]*Checking\nWriting\n[\s\S]*100 %/),
    })
    expect(stdout).toMatch(
      /^organizations: 1 created, 0 changed, 0 removed, 0 the same\n[\s\S]*15 lines in [\d.]+ s\.\n$/,
    )
    const exported = (await run('export', '--customer', '4711')).stdout
    const given = (await readFile(example, 'utf8')).trimEnd().split('\n')
    const lines = exported
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(given.length)
    for (const { id, access_id: accessId, type } of given.map((line) => JSON.parse(line))) {
      expect(lines.filter((line) => line.type === type && line.id === id && line.access_id === accessId)).toHaveLength(
        1,
      )
    }
    const again = await run('import', '--prune', await fileOf('exported', exported))
    expect(again.stdout).not.toMatch(/[1-9]\d* (created|changed|removed|deactivated)/)
    expect((await run('export', '--customer', '4711')).stdout).toBe(exported)
  }, 120_000)

  it('tell each problem on standard error, with exit code 2', async () => {
    const file = await fileOf('bad', `${linesOf([organization])}{\n${linesOf([{ ...organization, customer_id: 0 }])}`)
    const { code, stdout, stderr } = await run('import', file, example)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n').filter((line) => line.startsWith(file))).toEqual([
      `${file}:2: expected a JSON object, received what is no JSON at position 1`,
      `${file}:3: customer_id: expected a whole number from 1 to 2000000000, received 0`,
    ])
    expect(stderr).toMatch(/\n2 problems in 18 lines in [\d.]+ s: nothing has been changed\n$/)
  })

  it.each([
    [['/nowhere'], "/nowhere can't be read: ENOENT\n"],
    [['-', '-'], 'Expected standard input (-) once\n'],
    [[tmpdir()], `${tmpdir()} can't be read: EISDIR\n`],
  ])('refuse what can not be read, in one line: %j', async (files, stderr) => {
    expect(await run('import', ...files)).toEqual({ code: 2, stdout: '', stderr })
  })
})

describe('a gateway that is running', () => {
  it.skipIf(process.env.DATABASE_URL === undefined || process.env.DATABASE_URL === '')(
    'takes the JWTs of an organization as soon as it is there, and says before what to do',
    async () => {
      const started = cli.start(['start'], { ...environment, DEMO_DATA: 'false' })
      const [, url] = await started.until(/Endpoint {2}(\S+)\n/)
      const { stdout: jwt } = await run('token', '--customer', '9')
      const ask = async () => {
        const headers = { authorization: `Bearer ${jwt.trim()}`, 'content-type': 'application/json' }
        const response = await fetch(String(url), {
          method: 'POST',
          headers,
          body: '{"query":"{ viewer { subject } }"}',
        })
        return response.status
      }
      expect(await ask()).toBe(401)
      expect((await run('import', await fileOf('nine', linesOf([organization])))).code).toBe(0)
      expect(await ask()).toBe(200)
      started.signal('SIGTERM')
      expect(warningsIn(await started.ended())).toMatchObject([
        {
          msg: 'a credential was refused',
          reason: expect.stringContaining('npm run organization -- add --customer N'),
        },
      ])
    },
  )

  it('keeps its folder to itself', async () => {
    const started = cli.start(['start'], { DATA_DIR: join(folder, 'held'), DEMO_DATA: 'false' })
    await started.until(/There is no organization yet: npm run organization -- add/)
    for (const args of [['import', example], ['export'], ['organization', 'list']]) {
      expect(await cli.run(args, { DATA_DIR: join(folder, 'held') })).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^The data folder \S+ is in use by process \d+: stop it, or set DATA_DIR/),
      })
    }
    started.signal('SIGTERM')
    await started.ended()
  }, 120_000)
})

describe('an import that is killed', () => {
  const users = 3_000
  const file = linesOf([
    { ...organization, customer_id: 10, id: '3b9c6f0e-52a4-4c53-9a6e-2f1d7c8b4a13' },
    ...Array.from({ length: users }, (_, index) => ({
      ...{ type: 'user', id: `30000000-0000-4000-8000-${String(index).padStart(12, '0')}`, customer_id: 10 },
      ...{ firstname: 'A', lastname: 'B', email: `${index}@killed.example`, language: 'EN' },
    })),
  ])

  it('leaves everything or nothing, whenever that is', async () => {
    const path = await fileOf('many', file)
    const imported = async () => (await run('export', '--customer', '10')).stdout.match(/"type":"user"/g)?.length ?? 0
    const found: number[] = []
    for (const phase of [/Reading/, /Checking/, /Writing/]) {
      const running = cli.start(['import', path], environment)
      while (!phase.test(running.stderr)) await delay(5)
      await delay(20)
      running.signal('SIGKILL')
      await running.ended()
      found.push(await imported())
    }
    for (const count of found) expect([0, users]).toContain(count)
    expect((await run('import', path)).code).toBe(0)
    expect(await imported()).toBe(users)
  }, 120_000)
})
