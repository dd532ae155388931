/** The command that runs the gateway until it is told to stop. */
import { announcement } from '../announcement.ts'
import { readConfig } from '../config.ts'
import { isLeftBehind } from '../errors.ts'

/** Milliseconds in which two signals are one: what a terminal sends to every process, npm sends on to its own once more. */
const sameSignal = 500

/** Milliseconds that a gateway which listens has to get ready before it says what it lacks. */
const patience = 5_000

/** Resolves once it listens. From then on a signal, or the end of the embedded database, stops it and ends the process. Throws StartupError. */
export async function runGateway(): Promise<void> {
  const config = readConfig(process.env)
  const [{ createLogger }, { createLogObserver }, { start }] = await Promise.all([
    import('../log.ts'),
    import('../logObserver.ts'),
    import('../start.ts'),
  ])
  const log = createLogger(config.LOG_LEVEL, process.stderr)
  process.on('exit', () => log.flush())
  const started = await start(config, createLogObserver(log))

  let stoppingSince: number | undefined
  const stop = (): void => {
    if (stoppingSince !== undefined) return
    stoppingSince = performance.now()
    started
      .close()
      .then(({ cutOff, closed }) => {
        if (cutOff > 0) log.warn({ requests: cutOff }, 'requests were cut off: they took longer than DRAIN_TIMEOUT')
        if (closed) return
        log.error('the database was not closed within DRAIN_TIMEOUT')
        process.exitCode = 1
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'the gateway did not stop cleanly')
        process.exitCode = 1
      })
      .then(written)
      .then(() => process.exit())
  }
  const onSignal = (): void => {
    if (stoppingSince !== undefined && performance.now() - stoppingSince > sameSignal) process.exit(1)
    stop()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  process.on('unhandledRejection', (reason) => {
    if (!isLeftBehind(reason)) throw reason
  })
  // A rejection that nobody has handled comes here, too.
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'uncaught exception')
    process.exitCode = 1
    stop()
  })
  started.databaseEnded.then((reason) => {
    log.error({ reason }, 'the embedded database has ended: start the gateway again, what was written is kept')
    process.exitCode = 1
    stop()
  })

  const missing = await started.missing(patience)
  if (stoppingSince !== undefined) return
  process.stdout.write(`${announcement(started, missing, config)}\n`)
  if (missing.length > 0 && (await started.missing(Number.POSITIVE_INFINITY)).length === 0)
    log.info('iam-graph is ready')
}

/** Resolves when standard error has been written. A reader that stands still is waited for one second. */
function written(): Promise<void> {
  return new Promise((resolve) => {
    process.stderr.write('', () => resolve())
    setTimeout(resolve, 1_000)
  })
}
