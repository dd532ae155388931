import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createProgress } from '../src/progress.ts'

/** What the progress of these calls writes. */
function written(calls: readonly (readonly [number, number | null])[], { isTTY }: { isTTY: boolean }): string {
  const stream = Object.assign(new PassThrough(), { isTTY })
  const progress = createProgress(stream as unknown as NodeJS.WriteStream)
  for (const [done, total] of calls) progress(done, total)
  return stream.read()?.toString() ?? ''
}

test('is a bar on a terminal, one line that is written anew and ends with the work', () => {
  const text = written(
    [
      [0, 2_000],
      [1_000, 2_000],
      [2_000, 2_000],
    ],
    { isTTY: true },
  )
  expect(text).toBe(
    `\r${'░'.repeat(30)}   0 %      0 of 2,000` +
      `\r${'█'.repeat(15)}${'░'.repeat(15)}  50 %  1,000 of 2,000` +
      `\r${'█'.repeat(30)} 100 %  2,000 of 2,000\n`,
  )
})

test('is plain lines off a terminal', () => {
  const text = written(
    [
      [0, 20_000],
      [5_000, 20_000],
      [20_000, 20_000],
    ],
    { isTTY: false },
  )
  expect(text).toBe('  0 %       0 of 20,000\n 25 %   5,000 of 20,000\n100 %  20,000 of 20,000\n')
})

test('is a line for each 5 % at most off a terminal', () => {
  const calls = Array.from({ length: 1_001 }, (_, index) => [index, 1_000] as const)
  const lines = written(calls, { isTTY: false }).trimEnd().split('\n')
  expect(lines).toHaveLength(21)
  expect(lines[1]).toBe('  5 %     50 of 1,000')
})

test('says that all is done where there was nothing to do', () => {
  expect(written([[10, 10]], { isTTY: false })).toBe('100 %  10 of 10\n')
})

test('is how much is done where nobody knows of how much: a line each time that it has doubled', () => {
  const calls = [0, 999_999, 1_000_000, 1_999_999, 2_000_000, 3_000_000].map((done) => [done, null] as const)
  expect(written([...calls, [3_000_000, 3_000_000]], { isTTY: false })).toBe(
    '1,000,000\n2,000,000\n100 %  3,000,000 of 3,000,000\n',
  )
  expect(written([[5_000, null]], { isTTY: true })).toBe('\r5,000')
})
