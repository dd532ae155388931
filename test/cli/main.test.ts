import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { createCli, type Ended } from '../support/cli.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the command line on a Node that says that it is this version. */
function runOn(version: string): Promise<Ended> {
  const versions = `{ value: { ...process.versions, node: '${version}' } }`
  const code = `Object.defineProperty(process, 'versions', ${versions})`
  return createCli({ nodeArguments: ['--import', `data:text/javascript,${encodeURIComponent(code)}`] }).run(['--help'])
}

describe('the version of Node', () => {
  it.each(['16.20.2', '18.20.8', '20.0.0', '20.18.3', '21.7.3', '22.11.0'])(
    'is refused in one line where it is too old: %s',
    async (version) => {
      expect(await runOn(version)).toEqual({
        code: 1,
        stdout: '',
        stderr: `Expected Node 20.19, 22.12 or later, found ${version}: install a newer one\n`,
      })
    },
  )

  it.each(['20.19.0', '22.12.0', '23.0.0', '24.21.0', '26.10.0'])('is taken where it will do: %s', async (version) => {
    expect(await runOn(version)).toMatchObject({ code: 0, stderr: '' })
  })

  it('is what npm is told', () => {
    expect(packageJson.engines.node).toBe('^20.19.0 || >=22.12.0')
  })
})

describe('a clone', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
    await mkdir(join(folder, 'src'))
    await copyFile(join(root, 'src/main.mjs'), join(folder, 'src/main.mjs'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const refused = (line: string) => ({ code: 1, stdout: '', stderr: `${line}\n` })

  it('into which nothing has been installed says so in one line', async () => {
    expect(await createCli({ clone: folder }).run(['start'])).toEqual(
      refused('The packages have not been installed: run npm install'),
    )
  })

  it('for which nothing has been generated says so in one line', async () => {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    expect(await createCli({ clone: folder }).run(['start'])).toEqual(
      refused('The database client has not been generated: run npm install, or npm run generate'),
    )
  })
})
