import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCli, warningsIn } from '../support/cli.ts'

/** On SIGUSR2 it ends the thread that was started last: there is one more, which loads TypeScript. */
const trap = `data:text/javascript,${encodeURIComponent(
  "let last; process.on('worker', (worker) => { last = worker }); process.on('SIGUSR2', () => last.terminate())",
)}`
const cli = createCli({ nodeArguments: ['--import', trap] })
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
})
afterAll(async () => {
  await cli.end()
  await rm(folder, { recursive: true })
})

it('a gateway whose embedded database ends by itself says what to do, and ends with exit code 1', async () => {
  const gateway = cli.start(['start'], { DATA_DIR: folder })
  await gateway.until(/iam-graph is ready[\s\S]*\n\n$/)
  gateway.signal('SIGUSR2')
  const ended = await gateway.ended()
  expect(ended.code).toBe(1)
  // Whoever asks the database meanwhile may have a line of its own, that it is out of reach.
  expect(warningsIn(ended)).toContainEqual(
    expect.objectContaining({
      level: 50,
      msg: 'the embedded database has ended: start the gateway again, what was written is kept',
      reason: 'it ended with code 1',
    }),
  )
  const again = cli.start(['start'], { DATA_DIR: folder })
  await again.until(/iam-graph is ready/)
  again.signal('SIGTERM')
  expect((await again.ended()).code).toBe(0)
}, 120_000)
