import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFolder, successorOf } from '../../src/db/folderLock.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  path = join(folder, 'lock.pid')
})
afterEach(() => rm(folder, { recursive: true }))

const inUseBy = (pid: number) =>
  `The data folder ${folder} is in use by process ${pid}: stop it, or set DATA_DIR to another folder ` +
  `(if that process is no gateway, remove ${path})`

const source = new URL('../../src/db/folderLock.ts', import.meta.url).href
const contender = `import(${JSON.stringify(source)}).then(({ lockFolder }) => lockFolder(process.argv[1])).then(
  () => console.log('taken'),
  (error) => console.log(error.name),
)
setInterval(() => {}, 1000)`

/** A process that wants the folder, says whether it has it, and stays. */
function startContender(folder: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', contender, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return {
    said: once(child.stdout, 'data').then(([text]) => String(text).trim()),
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('a data folder', () => {
  it('is made where it is missing, taken once, and free again afterwards', async () => {
    const missing = join(folder, 'deeply', 'nested')
    const free = await lockFolder(missing)
    expect(await readdir(missing)).toEqual(['lock.pid'])
    await free()
    expect(await readdir(missing)).toEqual([])
    await (await lockFolder(missing))()
  })

  it('is refused where this very process has it already', async () => {
    const free = await lockFolder(folder)
    await expect(lockFolder(folder)).rejects.toThrow(inUseBy(process.pid))
    await free()
  })

  it('is refused where another process has it, and taken over when that one is gone', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const pid = holder.pid ?? 0
    await writeFile(path, `${pid} 1\n`)
    await expect(lockFolder(folder)).rejects.toMatchObject({ name: 'StartupError', message: inUseBy(pid) })
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    await (await lockFolder(folder))()
    expect(await readdir(folder)).toEqual([])
  })

  it('is taken over from an earlier process with the same id, as containers have it', async () => {
    await writeFile(path, `${process.pid} 1\n`)
    await (await lockFolder(folder))()
  })

  it.each(['', 'nonsense', '0', '-1', '99999999'])('is taken over from what is no process: "%s"', async (content) => {
    await writeFile(path, content)
    const free = await lockFolder(folder)
    expect(await readFile(path, 'utf8')).toMatch(new RegExp(`^${process.pid} `))
    await free()
    expect(await readdir(folder)).toEqual([])
  })

  it('goes to one of many who want it at once, even where a dead process has left it, time and again', async () => {
    for (let round = 0; round < 60; round++) {
      await writeFile(path, `99999999 ${round}\n`)
      const tries = await Promise.allSettled(Array.from({ length: 60 }, () => lockFolder(folder)))
      const refused = tries.filter((one) => one.status === 'rejected')
      expect([...new Set(refused.map(({ reason }) => reason.message))]).toEqual([inUseBy(process.pid)])
      expect(refused).toHaveLength(59)
      expect(await readdir(folder)).toEqual(['lock.pid'])
    }
  })

  it('goes to one of many processes, and to the next when they have been killed', async () => {
    await writeFile(path, '99999999 1\n')
    const contenders = Array.from({ length: 8 }, () => startContender(folder))
    const said = await Promise.all(contenders.map(({ said }) => said))
    await Promise.all(contenders.map(({ kill }) => kill()))
    expect(said.filter((text) => text === 'taken')).toHaveLength(1)
    await (await lockFolder(folder))()
    expect(await readdir(folder)).toEqual([])
  }, 60_000)

  it('goes to one of many where the one that took it over has died before it was done', async () => {
    for (let round = 0; round < 10; round++) {
      const marks = ['99999999 1\n', '99999999 2\n', '99999999 3\n']
      await writeFile(path, marks[0] ?? '')
      await writeFile(successorOf(path, marks[0] ?? ''), marks[1] ?? '')
      await writeFile(successorOf(path, marks[1] ?? ''), marks[2] ?? '')
      const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)))
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await readdir(folder)).toEqual(['lock.pid'])
    }
  })

  it('is refused where a running process is about to take it over', async () => {
    await writeFile(path, '99999999 1\n')
    await writeFile(successorOf(path, '99999999 1\n'), `${process.ppid} 1\n`)
    await expect(lockFolder(folder)).rejects.toThrow(inUseBy(process.ppid))
    expect(await readFile(path, 'utf8')).toBe('99999999 1\n')
  })

  it('is refused with a clear line where it is none, or its lock is none', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    await expect(lockFolder(file)).rejects.toThrow(
      `The data folder ${file} can't be made, or closed to other users: EEXIST`,
    )
    await expect(lockFolder(join(file, 'below'))).rejects.toMatchObject({ name: 'StartupError', exitCode: 1 })
    await mkdir(path)
    await expect(lockFolder(folder)).rejects.toThrow(`The data folder ${folder} can't be locked with ${path}: EISDIR`)
  })
})
