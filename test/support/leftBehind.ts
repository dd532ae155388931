/** For tests of answers in which much fails: vitest takes what graphql-js leaves behind for a fault of the test. */
import { afterAll, beforeAll } from 'vitest'
import { isLeftBehind } from '../../src/errors.ts'

/** Has fields that graphql-js leaves behind passed over, as the command line does, while the tests of a `describe` run. */
export function passOverLeftBehind(): void {
  const event = 'unhandledRejection'
  let others: NodeJS.UnhandledRejectionListener[] = []
  const passOver: NodeJS.UnhandledRejectionListener = (reason, promise) => {
    if (!isLeftBehind(reason)) for (const other of others) other(reason, promise)
  }
  beforeAll(() => {
    others = process.listeners(event)
    process.removeAllListeners(event).on(event, passOver)
  })
  afterAll(() => {
    process.off(event, passOver)
    for (const other of others) process.on(event, other)
  })
}
