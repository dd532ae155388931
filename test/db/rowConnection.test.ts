import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/client.ts'
import { Prisma } from '../../src/db/generated/prisma/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { addressOf, through } from '../support/databaseProxy.ts'

/** Passes on what the database says in pieces of these many bytes, by turns. */
async function inPieces(connection: pg.ClientConfig, sizes: readonly number[]) {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((client) => {
    const upstream = net.connect(addressOf(connection))
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => socket.destroy()).setNoDelay())
    client.pipe(upstream)
    let turn = 0
    const passOn = (rest: Buffer) => {
      const size = sizes[turn++ % sizes.length] as number
      client.write(rest.subarray(0, size))
      // What is written in one turn of the event loop comes as one piece.
      if (size < rest.length) setImmediate(passOn, rest.subarray(size))
      else upstream.resume()
    }
    upstream.on('data', (chunk: Buffer) => {
      upstream.pause()
      passOn(chunk)
    })
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    connection: through(connection, (server.address() as AddressInfo).port),
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('rows', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true })
  })
  afterAll(() => database.close())

  const statement = Prisma.sql`
    SELECT number AS id, repeat('ü😀"\\', number % 40) AS text, CASE number % 3 WHEN 0 THEN 'plain' END AS nothing
    FROM generate_series(1, ${60}::integer) AS number`
  const expected = Array.from({ length: 60 }, (_, index) => ({
    id: index + 1,
    text: 'ü😀"\\'.repeat((index + 1) % 40),
    nothing: (index + 1) % 3 === 0 ? 'plain' : null,
  }))

  it.each([
    ['at once', [1_000_000]],
    ['a byte after the other at the beginning of each', [1, 1, 1, 1, 1, 1, 1, 200]],
    ['in pieces that are shorter than a head', [3]],
    ['in pieces that end in heads, counts, lengths and characters', [7, 11, 13, 97, 5]],
  ])('are read whole that come %s', async (_, sizes) => {
    const pieces = await inPieces(database.connection, sizes)
    const opened = openDatabase({ connection: pieces.connection, poolSize: 1, timeout: 30 })
    try {
      // The second time it has a name, and from the third time on it is described no more.
      for (let time = 0; time < 4; time += 1) {
        const rows = await opened.read<{ id: number; text: string; nothing: string | null }>(statement)
        expect(rows.map(({ id, text, nothing }) => ({ id, text, nothing }))).toEqual(expected)
      }
    } finally {
      await opened.close()
      pieces.close()
    }
  })

  it('are those of the statement that asks for them, after one that failed', async () => {
    const opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5 })
    const divide = (by: number) =>
      opened.read<{ value: number }>(
        Prisma.sql`SELECT 6 / (number - ${by}::integer) AS value FROM generate_series(1, 3) AS number`,
      )
    try {
      for (let time = 0; time < 3; time += 1) {
        await expect(divide(3)).rejects.toMatchObject({ code: '22012' })
        expect((await divide(0)).map(({ value }) => value)).toEqual([6, 3, 2])
        // Those that the driver reads by itself.
        expect(await opened.prisma.organization.count()).toBe(0)
      }
    } finally {
      await opened.close()
    }
  })
})
