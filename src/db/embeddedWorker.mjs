// @ts-check
/**
 * The thread in which the embedded PostgreSQL lives: PGlite behind its socket server. Queries run to their end here
 * without holding up the server's own event loop. JavaScript, because a loader for TypeScript that a process registers
 * does not reach its threads. `embedded.ts` starts it and has the types of what the two say to each other.
 */
import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const { dataDir, dump, socketPath } = /** @type {import('./embedded.ts').EmbeddedWorkerData} */ (workerData)

/** @param {import('./embedded.ts').EmbeddedReply} message */
const reply = (message) => parentPort?.postMessage(message)

/** What WASI calls the numbers of failures that an operator can do something about. */
const failures = new Map([
  [2, 'EACCES'],
  [20, 'EEXIST'],
  [44, 'ENOENT'],
  [51, 'ENOSPC'],
  [54, 'ENOTDIR'],
  [63, 'EPERM'],
  [69, 'EROFS'],
])

/** In one line. What PGlite's file system throws is no Error, and has a number only. */
function reasonOf(/** @type {unknown} */ error) {
  if (error instanceof Error) return error.message
  const failure = error instanceof Object && 'errno' in error ? failures.get(Number(error.errno)) : undefined
  return failure ?? inspect(error, { breakLength: Number.POSITIVE_INFINITY })
}

try {
  const database = await PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(dump === undefined ? {} : { loadDataDir: new Blob([await readFile(dump)]) }),
    extensions: { pg_trgm },
  })
  // One connection is used at a time. More are taken, because a successor comes while the last one is being closed: the
  // driver closes a connection on which a statement has failed.
  const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: 10 })
  await server.start()

  parentPort?.on('message', async (/** @type {import('./embedded.ts').EmbeddedRequest} */ request) => {
    if (request.kind === 'dump') {
      const file = await database.dumpDataDir('none')
      reply({ kind: 'dumped', dump: new Uint8Array(await file.arrayBuffer()) })
      return
    }
    await server.stop()
    await database.close()
    reply({ kind: 'closed' })
    parentPort?.close()
  })
  reply({ kind: 'ready' })
} catch (error) {
  reply({ kind: 'failed', reason: reasonOf(error) })
  parentPort?.close()
}
