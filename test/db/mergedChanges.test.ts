import { describe, expect, it } from 'vitest'
import { mergeChanges } from '../../src/db/mergedChanges.ts'
import { createShares } from '../../src/db/shares.ts'
import { GatewayError } from '../../src/errors.ts'

/** Who asks: somebody who may have as many of the connections at once, and waits for the answer until the signal. */
const asking = (signal = new AbortController().signal, shareOf = createShares({ connections: 10, perCaller: 10 })) => ({
  signal,
  share: shareOf('caller', () => signal),
})

describe('changes that are asked for at the same moment', () => {
  /** Makes changes of names: answers them with the batch that they were in, and does not make those that begin with "bad". */
  const recorded = () => {
    const batches: (readonly string[])[] = []
    const signals: AbortSignal[] = []
    const merge = mergeChanges<string, string>(async (jobs, signal) => {
      batches.push(jobs)
      signals.push(signal)
      if (jobs.some((job) => job.startsWith('lost'))) throw new GatewayError('OUTCOME_UNKNOWN', 'who knows')
      const bad = jobs.find((job) => job.startsWith('bad'))
      if (bad !== undefined) throw new Error(bad)
      return jobs.map((job) => `${job} of ${jobs.length}`)
    })
    return { batches, signals, merge }
  }
  const failure = (work: Promise<unknown>) => work.catch((error: Error) => error.message)

  it('are made together, in their order, and each gets its own answer', async () => {
    const { batches, merge } = recorded()
    expect(await Promise.all(['a', 'b', 'c'].map((job) => merge(job, asking())))).toEqual([
      'a of 3',
      'b of 3',
      'c of 3',
    ])
    expect(batches).toEqual([['a', 'b', 'c']])
  })

  it('are made together with none that comes later', async () => {
    const { batches, merge } = recorded()
    await merge('a', asking())
    await Promise.all([merge('b', asking()), merge('c', asking())])
    expect(batches).toEqual([['a'], ['b', 'c']])
  })

  it('are 32 at most in one statement', async () => {
    const { batches, merge } = recorded()
    await Promise.all(Array.from({ length: 70 }, (_, index) => merge(String(index), asking())))
    expect(batches.map(({ length }) => length)).toEqual([32, 32, 6])
  })

  it('are made each alone where one of them fails, and that one alone fails', async () => {
    const { batches, merge } = recorded()
    expect(await Promise.all(['a', 'bad', 'c'].map((job) => failure(merge(job, asking()))))).toEqual([
      'a of 1',
      'bad',
      'c of 1',
    ])
    expect(batches).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']])
  })

  it('are never made again where it is not known what became of them', async () => {
    const { batches, merge } = recorded()
    const jobs = ['a', 'lost', 'c']
    expect(await Promise.all(jobs.map((job) => failure(merge(job, asking()))))).toEqual(Array(3).fill('who knows'))
    expect(batches).toEqual([jobs])
  })

  it('leave out what nobody waits for any more, and tell why', async () => {
    const { batches, merge } = recorded()
    const gone = AbortSignal.abort(new Error('gone'))
    const answers = [merge('a', asking()), failure(merge('b', asking(gone))), merge('c', asking())]
    expect(await Promise.all(answers)).toEqual(['a of 2', 'gone', 'c of 2'])
    expect(batches).toEqual([['a', 'c']])
  })

  it('are given up when nobody waits for any of them any more, and not before', async () => {
    let answer = (_: string[]) => {}
    let signal = new AbortController().signal
    const merge = mergeChanges<string, string>((_, given) => {
      signal = given
      return new Promise((resolve) => {
        answer = resolve
      })
    })
    const clients = [new AbortController(), new AbortController()] as const
    const answers = clients.map((client, index) => merge(String(index), asking(client.signal)))
    await new Promise(setImmediate)
    clients[0].abort(new Error('first'))
    expect(signal.aborted).toBe(false)
    clients[1].abort(new Error('second'))
    expect(signal.aborted).toBe(true)
    answer(['a', 'b'])
    expect(await Promise.all(answers)).toEqual(['a', 'b'])
  })

  it('do not begin anew alone what nobody waits for any more', async () => {
    const client = new AbortController()
    const batches: (readonly string[])[] = []
    const merge = mergeChanges<string, string>(async (jobs) => {
      batches.push(jobs)
      client.abort(new Error('gone'))
      if (jobs.length > 1) throw new Error('taken back')
      return [...jobs]
    })
    const answers = [failure(merge('a', asking(client.signal))), merge('b', asking())]
    expect(await Promise.all(answers)).toEqual(['gone', 'b'])
    expect(batches).toEqual([['a', 'b'], ['b']])
  })

  it('take one connection, and wait together where those who ask may have none at once', async () => {
    const shareOf = createShares({ connections: 2, perCaller: 1 })
    const of = (caller: string) => ({
      signal: new AbortController().signal,
      share: shareOf(caller, () => new AbortController().signal),
    })
    const batches: (readonly string[])[] = []
    const ends: (() => void)[] = []
    const merge = mergeChanges<string, string>((jobs) => {
      batches.push(jobs)
      return new Promise((resolve) => ends.push(() => resolve([...jobs])))
    })
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5))
    const answers = [merge('a1', of('a')), merge('b1', of('b'))]
    await turn()
    answers.push(merge('a2', of('a')), merge('a3', of('a')))
    await turn()
    answers.push(merge('b2', of('b')))
    await turn()
    answers.push(merge('a4', of('a')), merge('c1', of('c')))
    await turn()
    expect(batches).toEqual([['a1', 'b1'], ['b2']])
    for (const end of ends.splice(0)) end()
    await turn()
    expect(batches).toEqual([['a1', 'b1'], ['b2'], ['a2', 'a3', 'a4', 'c1']])
    for (const end of ends.splice(0)) end()
    expect(await Promise.all(answers)).toEqual(['a1', 'b1', 'a2', 'a3', 'b2', 'a4', 'c1'])
    await turn()
    expect(shareOf('a', () => new AbortController().signal).begin()).not.toBeNull()
    expect(shareOf('b', () => new AbortController().signal).begin()).not.toBeNull()
  })

  it('wait no longer than somebody waits for them, and let the others wait on', async () => {
    const shareOf = createShares({ connections: 1, perCaller: 1 })
    const leaving = new AbortController()
    const held = shareOf('other', () => new AbortController().signal).begin()
    const merge = mergeChanges<string, string>(async (jobs) => [...jobs])
    const left = failure(merge('left', { signal: leaving.signal, share: shareOf('a', () => leaving.signal) }))
    const stays = merge('stays', asking(undefined, shareOf))
    await new Promise((resolve) => setTimeout(resolve, 5))
    leaving.abort(new Error('gone'))
    expect(await left).toBe('gone')
    held?.()
    expect(await stays).toBe('stays')
  })
})
