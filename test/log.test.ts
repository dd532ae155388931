import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../src/log.ts'

interface Line {
  readonly [member: string]: unknown
}

const parsed = (lines: string): readonly Line[] =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** What a logger writes of an error. */
function written(error: unknown): string {
  let lines = ''
  const output = new Writable({
    write(chunk, _encoding, done) {
      lines += chunk
      done()
    },
  })
  createLogger('info', output).error({ err: error }, 'unexpected error')
  return lines
}

/** A process that runs the code with a logger `log` to its standard error. */
function logging(code: string) {
  const script = `import { createLogger } from './src/log.ts'; const log = createLogger('info', process.stderr); ${code}`
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

describe('an error in the log', () => {
  it('has its type, its message, its code, and its stack with those of its causes', () => {
    const cause = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
    const error = Object.assign(new RangeError('nothing was written', { cause }), { code: '53100' })
    const [line] = parsed(written(error))
    expect(line).toMatchObject({
      level: 50,
      msg: 'unexpected error',
      err: { type: 'RangeError', message: 'nothing was written: the disk is full', code: '53100' },
    })
    expect(line).toHaveProperty(
      'err.stack',
      expect.stringMatching(/^RangeError: nothing was written\n +at [\s\S]+\ncaused by: Error: the disk/),
    )
  })

  it('has none of what a driver puts beside the message: values of rows', () => {
    const error = Object.assign(new Error('duplicate key value violates unique constraint "user_email"'), {
      detail: 'Key (email)=(ada@lakeside.example) already exists.',
      meta: { driverAdapterError: { cause: { detail: 'ada@lakeside.example' } } },
    })
    expect(written(error)).not.toContain('ada@lakeside.example')
  })

  it('says what it is where it is no Error', () => {
    expect(parsed(written({ status: 1 }))[0]).toMatchObject({ err: { type: 'object', message: '{ status: 1 }' } })
  })
})

describe('lines of which there are many', () => {
  /** A logger, and what it writes at once. */
  function collecting(level: 'info' | 'debug') {
    const writes: string[] = []
    const output = new Writable({
      write(chunk, _encoding, done) {
        writes.push(String(chunk))
        done()
      },
    })
    return { log: createLogger(level, output), writes }
  }
  const told = (write: string | undefined) => parsed(write ?? '').map(({ level, msg }) => [level, msg])

  it('are written together at the end of the turn, and before any other line', async () => {
    const { log, writes } = collecting('info')
    for (const name of ['one', 'two']) log.line('info', `"msg":"${name}"`)
    expect(writes).toEqual([])
    log.warn('another')
    log.line('info', '"msg":"three"')
    expect(writes.map(told)).toEqual([
      [
        [30, 'one'],
        [30, 'two'],
      ],
      [[40, 'another']],
    ])
    await new Promise((resolve) => setImmediate(resolve))
    expect(told(writes[2])).toEqual([[30, 'three']])
  })

  it('say when they were logged, as all others do', () => {
    const { log, writes } = collecting('info')
    log.line('info', '"msg":"line"')
    log.info('line')
    const [line, other] = writes.flatMap(parsed)
    expect(Object.keys(line ?? {})).toEqual(Object.keys(other ?? {}))
    expect(Math.abs(Date.parse(String(line?.time)) - Date.parse(String(other?.time)))).toBeLessThan(1_000)
  })

  it('are left out below the level', () => {
    for (const [level, expected] of [
      ['info', 0],
      ['debug', 1],
    ] as const) {
      const { log, writes } = collecting(level)
      log.line('debug', '"msg":"detail"')
      log.flush()
      expect(writes).toHaveLength(expected)
    }
  })

  it('are there when the process ends in the middle of a turn', async () => {
    const child = logging(`process.on('exit', () => log.flush()); log.line('info', '"msg":"last"'); process.exit(3)`)
    expect(parsed(await text(child.stderr))).toMatchObject([{ msg: 'last' }])
  })
})

describe('the log', () => {
  it('has every line in its order, whatever ends the process right after', async () => {
    for (const end of ['process.exit(3)', 'process.kill(process.pid, "SIGKILL")', 'throw new Error("boom")']) {
      const child = logging(`for (let i = 0; i < 100; i++) log.info({ i }, 'line'); ${end}`)
      const lines = (await text(child.stderr)).split('\n').filter((line) => line.startsWith('{"'))
      expect(lines.map((line) => JSON.parse(line).i)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    }
  })

  it('holds nothing up while nobody reads it, and says how many lines that cost', async () => {
    const sent = 60_000
    const child = logging(`
      const pad = 'x'.repeat(400)
      for (let i = 0; i < ${sent}; i++) log.info({ pad }, 'line')
      setTimeout(() => process.stdout.write('all logged'), 100)
    `)
    // Standard error is not read before this: the process gets here nevertheless.
    expect(String(await once(child.stdout, 'data'))).toBe('all logged')
    const lines = parsed(await text(child.stderr))
    const last = lines.at(-1)
    expect(last).toMatchObject({ level: 40, lines: expect.any(Number) })
    expect(Number(last?.lines)).toBeGreaterThan(0)
    expect(lines.length - 1 + Number(last?.lines)).toBe(sent)
  })

  it('goes on where its reader has gone', async () => {
    const child = logging(`
      process.stdin.resume()
      for (let i = 0; i < 50; i++) {
        log.info('line')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      process.stdout.write('still here')
    `)
    child.stderr.destroy()
    expect(await text(child.stdout)).toBe('still here')
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0)
  })
})
