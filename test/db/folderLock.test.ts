import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFolder } from '../../src/db/folderLock.ts'

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

  it('goes to one of many who want it at once, even where a dead process has left it', async () => {
    await writeFile(path, '99999999 1\n')
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of tries) if (one.status === 'rejected') expect(one.reason.message).toBe(inUseBy(process.pid))
    expect(await readdir(folder)).toEqual(['lock.pid'])
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
