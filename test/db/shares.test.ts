import { describe, expect, it } from 'vitest'
import { createShares } from '../../src/db/shares.ts'

/** Work that ends when it is told to. */
function createWork(begun: string[]) {
  const ends: (() => void)[] = []
  return {
    /** Work that notes its name when it begins. */
    named: (name: string) => () => {
      begun.push(name)
      return new Promise<void>((end) => ends.push(end))
    },
    /** Ends what has been under way longest, and lets what may follow begin. */
    async end() {
      ends.shift()?.()
      await settled()
    },
  }
}

/** Lets all promises that can settle do so. */
const settled = () => new Promise((resolve) => setImmediate(resolve))
const { signal: endless } = new AbortController()
const never = () => endless

describe('a share of the connections', () => {
  it('is no more than what one caller may have, whatever is free', async () => {
    const begun: string[] = []
    const work = createWork(begun)
    const { use } = createShares({ connections: 5, perCaller: 2 })('a', never)
    const all = Promise.all(['1', '2', '3', '4'].map((name) => use(work.named(name))))
    expect(begun).toEqual(['1', '2'])
    await work.end()
    expect(begun).toEqual(['1', '2', '3'])
    for (let i = 0; i < 3; i++) await work.end()
    expect(begun).toEqual(['1', '2', '3', '4'])
    await all
  })

  it('is counted for all requests of a caller together', async () => {
    const begun: string[] = []
    const work = createWork(begun)
    const shareOf = createShares({ connections: 5, perCaller: 1 })
    void shareOf('a', never).use(work.named('a1'))
    void shareOf('a', never).use(work.named('a2'))
    void shareOf('b', never).use(work.named('b1'))
    expect(begun).toEqual(['a1', 'b1'])
  })

  it('comes in turn where nothing is free: nobody waits behind all that another has asked for', async () => {
    const begun: string[] = []
    const work = createWork(begun)
    const shareOf = createShares({ connections: 2, perCaller: 2 })
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void shareOf('a', never).use(work.named(name))
    for (const name of ['b1', 'b2']) void shareOf('b', never).use(work.named(name))
    void shareOf('c', never).use(work.named('c1'))
    for (let i = 0; i < 6; i++) await work.end()
    expect(begun.slice(0, 2)).toEqual(['a1', 'a2'])
    expect(begun.slice(2, 5).toSorted()).toEqual(['a3', 'b1', 'c1'])
    expect(begun.slice(5, 7).toSorted()).toEqual(['a4', 'b2'])
    expect(begun[7]).toBe('a5')
  })

  it('is given back by work that fails', async () => {
    const { use } = createShares({ connections: 1, perCaller: 1 })('a', never)
    await expect(use(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await use(async () => 'done')).toBe('done')
  })

  it('is not waited for any longer once the request has ended', async () => {
    const begun: string[] = []
    const work = createWork(begun)
    const shareOf = createShares({ connections: 1, perCaller: 1 })
    const ending = new AbortController()
    void shareOf('a', never).use(work.named('first'))
    const { use } = shareOf('a', () => ending.signal)
    const waiting = Promise.allSettled([use(work.named('second')), use(work.named('third'))])
    void shareOf('a', never).use(work.named('fourth'))
    const reason = new Error('nobody waits')
    ending.abort(reason)
    expect(await waiting).toEqual(Array(2).fill({ status: 'rejected', reason }))
    await expect(use(work.named('fifth'))).rejects.toBe(reason)
    await work.end()
    expect(begun).toEqual(['first', 'fourth'])
  })

  it('takes no further requests where a hundred statements wait for each of its connections', async () => {
    const work = createWork([])
    const shareOf = createShares({ connections: 4, perCaller: 2 })
    const share = shareOf('a', never)
    for (let i = 0; i < 2 + 199; i++) void share.use(work.named(`${i}`))
    share.admit()
    void share.use(work.named('last'))
    expect(() => share.admit()).toThrow(expect.objectContaining({ code: 'RATE_LIMITED', retryAfter: 1 }))
    shareOf('b', never).admit()
    await work.end()
    share.admit()
  })
})
