import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedDatabase, type EmbeddedOptions, openEmbedded } from '../../src/db/embedded.ts'
import { connected } from '../support/globalSetup.ts'

let folder: string
let database: EmbeddedDatabase
const opened: EmbeddedDatabase[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  database = await open({})
})
afterAll(async () => {
  await Promise.all(opened.map(({ close }) => close()))
  await rm(folder, { recursive: true })
})

async function open(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const one = await openEmbedded(options)
  opened.push(one)
  return one
}

const ask = ({ connection }: EmbeddedDatabase, sql: string) =>
  connected(connection, async (client) => (await client.query(sql)).rows)

describe('the embedded database', { timeout: 120_000 }, () => {
  it('keeps in its folder what was written, and belongs to one process at a time', async () => {
    const first = await open({ folder })
    await ask(first, 'CREATE TABLE things AS SELECT 7 AS id')
    await expect(openEmbedded({ folder })).rejects.toThrow(
      `The data folder ${folder} is in use by process ${process.pid}`,
    )
    await first.close()
    await first.close()
    expect(await readdir(folder)).toEqual(['postgres'])
    const second = await open({ folder })
    expect(await ask(second, 'SELECT * FROM things')).toEqual([{ id: 7 }])
    await second.close()
  })

  it('is reached through a socket that no other user can reach, and that is gone afterwards', async () => {
    const { host } = database.connection
    expect((await stat(host)).mode & 0o777).toBe(0o700)
    const [, closed] = opened
    if (closed === undefined) throw new Error('expected a database')
    await expect(ask(closed, 'SELECT 1')).rejects.toThrow('ENOENT')
    await expect(stat(closed.connection.host)).rejects.toThrow('ENOENT')
  })

  it('starts from a dump of another one, and leaves that one as it is', async () => {
    await ask(database, 'CREATE TABLE things AS SELECT 7 AS id')
    const dump = join(folder, 'dump.tar')
    await writeFile(dump, await database.dump())
    const other = await open({ dump })
    await ask(other, 'UPDATE things SET id = 8')
    expect(await ask(database, 'SELECT * FROM things')).toEqual([{ id: 7 }])
    expect(await ask(other, 'SELECT * FROM things')).toEqual([{ id: 8 }])
  })

  it('does not hold up the thread that asks it', async () => {
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    const started = performance.now()
    await ask(database, 'SELECT count(*) FROM generate_series(1, 4000000)')
    const took = performance.now() - started
    clearInterval(timer)
    expect(longest).toBeLessThan(took / 2)
  })

  it('takes a connection while the last one is still being closed', async () => {
    for (let id = 0; id < 20; id++) {
      const last = new pg.Client(database.connection)
      await last.connect()
      const closing = last.end()
      expect(await ask(database, `SELECT ${id} AS id`)).toEqual([{ id }])
      await closing
    }
  })

  it('rolls back what a connection leaves unfinished', async () => {
    await ask(database, 'BEGIN; CREATE TABLE unfinished (id int)')
    expect(await ask(database, "SELECT to_regclass('unfinished') AS found")).toEqual([{ found: null }])
  })
})

describe('an embedded database whose thread ends by itself', { timeout: 120_000 }, () => {
  it.each(['open', 'being dumped'])('says so, and can be closed, while it is %s', async (state) => {
    const started = new Promise<Worker>((resolve) => process.once('worker', resolve))
    const inFolder = await open({ folder })
    const thread = await started
    const dump = state === 'open' ? undefined : inFolder.dump()
    await thread.terminate()
    expect(await inFolder.ended).toBe('it ended with code 1')
    await expect(dump ?? inFolder.dump()).rejects.toThrow('expected a dump, received it ended with code 1')
    await inFolder.close()
    await expect(stat(inFolder.connection.host)).rejects.toThrow('ENOENT')
    expect(await readdir(folder)).not.toContain('lock.pid')
  })

  it('says nothing where it is closed', async () => {
    const one = await open({})
    await one.close()
    const waited = new Promise((resolve) => setImmediate(() => resolve('nothing')))
    expect(await Promise.race([one.ended, waited])).toBe('nothing')
  })
})

describe('a data folder', () => {
  it('of another version is refused, with what to do, and stays as it is', async () => {
    const other = join(folder, 'other')
    await mkdir(join(other, 'postgres'), { recursive: true })
    await writeFile(join(other, 'postgres', 'PG_VERSION'), '17\n')
    const refused = openEmbedded({ folder: other })
    await expect(refused).rejects.toMatchObject({ name: 'StartupError', exitCode: 1 })
    await expect(refused).rejects.toThrow(
      `The data folder ${join(other, 'postgres')} was made by PostgreSQL 17, the embedded database is PostgreSQL 18: ` +
        'set DATA_DIR to another folder, or remove this one to start anew',
    )
    expect(await readdir(other)).toEqual(['postgres'])
  })

  it('that is damaged is refused in one line, and free afterwards', async () => {
    const damaged = join(folder, 'damaged')
    await mkdir(join(damaged, 'postgres'), { recursive: true })
    await writeFile(join(damaged, 'postgres', 'PG_VERSION'), '18\n')
    const refused = openEmbedded({ folder: damaged })
    await expect(refused).rejects.toMatchObject({ name: 'StartupError', message: expect.stringMatching(/^[^\n]+$/) })
    await expect(refused).rejects.toThrow(`The embedded database in ${join(damaged, 'postgres')} did not start: `)
    expect(await readdir(damaged)).toEqual(['postgres'])
  })
})
