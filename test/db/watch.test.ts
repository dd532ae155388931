import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Probe } from '../../src/db/health.ts'
import { createWatch, type Watch } from '../../src/db/watch.ts'
import type { Observation } from '../../src/observer.ts'

let answer: () => ReturnType<Probe['ask']>
let asked: number
let told: unknown[]
let watch: Watch
beforeEach(() => {
  vi.useFakeTimers()
  answer = async () => 'reachable'
  asked = 0
  told = []
  const probe: Probe = {
    ask() {
      asked += 1
      return answer()
    },
    close: async () => {},
  }
  watch = createWatch(probe, (observation: Observation) => {
    if (observation.kind === 'database') told.push(`${observation.state}: ${observation.reason}`)
  })
})
afterEach(async () => {
  await watch.close()
  vi.useRealTimers()
})

const refused = () =>
  Promise.reject(Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' }))
const unreachable = 'unreachable: connect ECONNREFUSED ::1:5432: check that it runs, and its address in DATABASE_URL'

it('asks once for all who want to know at a time', async () => {
  await Promise.all([watch.isReady(), watch.isReady(), watch.suspect()])
  expect(asked).toBe(1)
})

it('asks where a failure may mean that the database has gone, or takes no changes, and for no other', async () => {
  for (const failure of [{ code: '23505' }, { code: '57014' }, new Error('boom'), { code: 'P2024' }])
    watch.suspect(failure)
  expect(asked).toBe(0)
  watch.suspect({ code: 'ECONNRESET' })
  await watch.isReady()
  watch.suspect({ code: '25006' })
  await watch.isReady()
  expect(asked).toBe(2)
  expect(told).toEqual([])
})

it('asks again each second while the database can not be used, and not when it can', async () => {
  answer = refused
  await watch.isReady()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(asked).toBe(6)
  answer = async () => 'reachable'
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toBe(7)
  expect(told).toEqual([unreachable, 'reachable: null'])
})

it('takes a database that was short of something to be well when it has not failed for half a minute', async () => {
  const full = { code: '53100', message: 'could not extend file' }
  watch.suspect(full)
  await vi.advanceTimersByTimeAsync(20_000)
  watch.suspect(full)
  await vi.advanceTimersByTimeAsync(29_000)
  expect(told).toEqual(['impaired: could not extend file: make room on its disk'])
  await vi.advanceTimersByTimeAsync(3_000)
  expect(told.slice(1)).toEqual(['reachable: null'])
})

it('tells nothing and asks nothing once it is closed', async () => {
  answer = refused
  const ready = watch.isReady()
  await watch.close()
  expect(await ready).toBe(false)
  await vi.advanceTimersByTimeAsync(5_000)
  expect({ asked, told }).toEqual({ asked: 1, told: [] })
})
