import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSocketFolder } from '../../src/db/socketFolder.ts'

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
})
afterEach(() => rm(parent, { recursive: true }))

/** A folder with a socket file in it, as a process with the mark left it. */
async function left(name: string, mark: string | undefined): Promise<void> {
  await mkdir(join(parent, name))
  await writeFile(join(parent, name, '.s.PGSQL.5432'), '')
  if (mark !== undefined) await writeFile(join(parent, name, 'owner.pid'), mark)
}

const source = new URL('../../src/db/socketFolder.ts', import.meta.url).href
const holder = `import(${JSON.stringify(source)}).then(async ({ createSocketFolder }) => {
  console.log(await createSocketFolder(${'process.argv[1]'}))
  setInterval(() => {}, 1000)
})`

async function startHolder() {
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', holder, parent], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [folder] = await once(child.stdout, 'data')
  return {
    folder: String(folder).trim(),
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('the folder of a socket', () => {
  it('is closed to other users', async () => {
    expect((await stat(await createSocketFolder(parent))).mode & 0o777).toBe(0o700)
  })

  it('that a killed process has left is removed at the next start, that of a running one is not', async () => {
    const [killed, running] = await Promise.all([startHolder(), startHolder()])
    await killed.kill()
    const own = await createSocketFolder(parent)
    expect((await readdir(parent)).sort()).toEqual([basename(running.folder), basename(own)].sort())
    await running.kill()
    expect(await readdir(own)).toEqual(['owner.pid'])
  })

  it('is kept for every start of this very process', async () => {
    const folders = [await createSocketFolder(parent), await createSocketFolder(parent)]
    await createSocketFolder(parent)
    expect(await readdir(parent)).toEqual(expect.arrayContaining(folders.map((folder) => basename(folder))))
  })

  it('of an earlier process with the same id is removed, as containers have it', async () => {
    await left('iam-graph-abcdef', `${process.pid} 1 ${hostname()}\n`)
    const own = await createSocketFolder(parent)
    expect(await readdir(parent)).toEqual([basename(own)])
  })

  it.each([
    ['without a mark', 'iam-graph-abcdef', undefined],
    ['with an empty mark', 'iam-graph-abcdef', ''],
    ['of another host', 'iam-graph-abcdef', '99999999 1 elsewhere\n'],
    ['of another name', 'iam-graph-test-abcdef', `99999999 1 ${hostname()}\n`],
    ['of a process that has the id now', 'iam-graph-abcdef', `${process.ppid} 1 ${hostname()}\n`],
  ])('%s is left alone', async (_, name, mark) => {
    await left(name, mark)
    await createSocketFolder(parent)
    expect(await readdir(join(parent, name))).toContain('.s.PGSQL.5432')
  })

  it.runIf(process.getuid?.() === 0)('of another user is left alone', async () => {
    const { chown } = await import('node:fs/promises')
    await left('iam-graph-abcdef', `99999999 1 ${hostname()}\n`)
    await chown(join(parent, 'iam-graph-abcdef'), 12_345, 12_345)
    await createSocketFolder(parent)
    expect(await readdir(parent)).toContain('iam-graph-abcdef')
  })

  it('is not followed where it is a link', async () => {
    await left('target', `99999999 1 ${hostname()}\n`)
    await symlink(join(parent, 'target'), join(parent, 'iam-graph-abcdef'))
    await createSocketFolder(parent)
    expect(await readFile(join(parent, 'iam-graph-abcdef', '.s.PGSQL.5432'), 'utf8')).toBe('')
  })
})
