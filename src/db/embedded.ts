/** The embedded database: PGlite in a thread of its own, reached over a unix socket like any PostgreSQL. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StartupError } from '../errors.ts'
import { lockFolder } from './folderLock.ts'
import { createSocketFolder } from './socketFolder.ts'

/** PostgreSQL's major version in the PGlite that is installed. A data folder belongs to one major version. */
const embeddedMajor = '18'

/** What the thread is started with. */
export interface EmbeddedWorkerData {
  /** The data folder; left out, the data lives in memory. */
  readonly dataDir?: string
  /** A dump to start from instead of an empty database. */
  readonly dump?: string
  readonly socketPath: string
}

/** What the thread is asked. */
export type EmbeddedRequest = { readonly kind: 'close' } | { readonly kind: 'dump' }

/** What the thread says: `ready` or `failed` once, then one answer for each request. */
export type EmbeddedReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'dumped'; readonly dump: Uint8Array }
  | { readonly kind: 'closed' }

export interface EmbeddedDatabase {
  /** Where `pg` connects: the folder that holds the socket. */
  readonly connection: { readonly host: string; readonly user: string; readonly database: string }
  /** Resolves with the reason where the thread ends by itself, and the database with it. Never after `close`. */
  readonly ended: Promise<string>
  /** The whole database as a tar archive, for starting others from it. Rejects where the thread has ended. */
  dump(): Promise<Uint8Array>
  /** Writes everything, ends the thread and frees the folder. Safe to call twice. */
  close(): Promise<void>
}

export interface EmbeddedOptions {
  /** The folder for the data, made where it is missing; left out, the data lives in memory. */
  readonly folder?: string
  /** A file that `dump` made, to start from. */
  readonly dump?: string
}

/**
 * Starts the embedded database. It runs with fsync off, as demos, development and tests want it: a crash of the
 * process loses nothing, a crash of the machine may.
 *
 * Throws StartupError where the folder is in use or was made by another version.
 */
export async function openEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
  const unlock = options.folder === undefined ? async () => {} : await lockFolder(options.folder)
  const dataDir = options.folder === undefined ? undefined : join(options.folder, 'postgres')
  const socketFolder = await createSocketFolder()
  const release = async () => {
    await rm(socketFolder, { recursive: true, force: true })
    await unlock()
  }
  try {
    if (dataDir !== undefined) await refuseOtherVersion(dataDir)
    const thread = await startThread({
      socketPath: join(socketFolder, '.s.PGSQL.5432'),
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(options.dump === undefined ? {} : { dump: options.dump }),
    })
    let closed: Promise<void> | undefined
    return {
      connection: { host: socketFolder, user: 'postgres', database: 'postgres' },
      ended: new Promise((resolve) => {
        thread.ended.then((reason) => closed === undefined && resolve(reason))
      }),
      async dump() {
        const answer = await thread.ask({ kind: 'dump' })
        if (answer.kind === 'dumped') return answer.dump
        throw new Error(`expected a dump, received ${answer.kind === 'failed' ? answer.reason : answer.kind}`)
      },
      close() {
        closed ??= thread
          .ask({ kind: 'close' })
          .then(() => thread.terminate())
          .finally(release)
        return closed
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}

async function refuseOtherVersion(dataDir: string): Promise<void> {
  const found = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (found === undefined || found.trim() === embeddedMajor) return
  throw new StartupError(
    `The data folder ${dataDir} was made by PostgreSQL ${found.trim()}, the embedded database is PostgreSQL ${embeddedMajor}: ` +
      'set DATA_DIR to another folder, or remove this one to start anew',
  )
}

interface Thread {
  /** Resolves with the reason when it ends, however that comes. */
  readonly ended: Promise<string>
  /** Its next reply; `failed` where it has ended. */
  ask(request: EmbeddedRequest): Promise<EmbeddedReply>
  terminate(): Promise<void>
}

async function startThread(workerData: EmbeddedWorkerData): Promise<Thread> {
  const worker = new Worker(new URL('./embeddedWorker.mjs', import.meta.url), { workerData, execArgv: [] })
  const ended = new Promise<string>((resolve) => {
    worker.once('error', (error) => resolve(error instanceof Error ? error.message : String(error)))
    worker.once('exit', (code) => resolve(`it ended with code ${code}`))
  })
  const failed = ended.then((reason): EmbeddedReply => ({ kind: 'failed', reason }))
  const nextReply = () =>
    Promise.race([failed, new Promise<EmbeddedReply>((resolve) => worker.once('message', resolve))])
  const terminate = async () => {
    await worker.terminate()
  }
  const first = await nextReply()
  if (first.kind !== 'ready') {
    await terminate()
    const reason = first.kind === 'failed' ? first.reason : first.kind
    throw new StartupError(`The embedded database in ${workerData.dataDir ?? 'memory'} did not start: ${reason}`)
  }
  return {
    ended,
    terminate,
    ask(request) {
      const answer = nextReply()
      worker.postMessage(request)
      return answer
    },
  }
}
