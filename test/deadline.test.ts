import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDeadline } from '../src/deadline.ts'

/** A client that leaves when it is told to, or has left. */
function createClient(hasLeft = false) {
  const listeners = new Set<() => void>()
  return {
    listeners,
    leave() {
      for (const listener of listeners) listener()
    },
    whenAbandoned(listener: () => void) {
      if (hasLeft) listener()
      else listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const endless = () => new Promise<never>(() => {})
const late = { code: 'TIMEOUT', message: 'the operation took longer than 2 s' }
const left = { code: 'TIMEOUT', message: 'the client has left' }

describe('a deadline', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('costs neither a timer nor a listener where nothing takes time', () => {
    const client = createClient()
    createDeadline({ seconds: 2, changes: true, client }).end()
    const deadline = createDeadline({ seconds: 2, changes: false, client })
    expect(vi.getTimerCount()).toBe(0)
    expect(client.listeners.size).toBe(0)
    deadline.end()
    expect(deadline.signal.aborted).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
    expect(client.listeners.size).toBe(0)
  })

  it('leaves nothing behind once the operation is over', async () => {
    const client = createClient()
    for (const changes of [true, false]) {
      const deadline = createDeadline({ seconds: 2, changes, client })
      expect(await deadline.reading(async () => 'read')).toBe('read')
      expect(client.listeners.size).toBe(1)
      deadline.end()
      expect(vi.getTimerCount()).toBe(0)
      expect(client.listeners.size).toBe(0)
    }
  })

  it('ends all that a query reads, and lets it begin nothing', async () => {
    const deadline = createDeadline({ seconds: 2, changes: false, client: createClient() })
    const readings = Promise.allSettled([deadline.reading(endless), deadline.reading(endless)])
    vi.advanceTimersByTime(1_999)
    expect(deadline.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await readings).toMatchObject([{ reason: late }, { reason: late }])
    expect(deadline.signal.reason).toMatchObject(late)
    const read = vi.fn(endless)
    await expect(deadline.reading(read)).rejects.toMatchObject(late)
    expect(read).not.toHaveBeenCalled()
  })

  it('lets a mutation change nothing, and read five seconds longer', async () => {
    const deadline = createDeadline({ seconds: 2, changes: true, client: createClient() })
    expect(deadline.signal.aborted).toBe(false)
    vi.advanceTimersByTime(2_000)
    expect(deadline.signal.reason).toMatchObject(late)
    expect(await deadline.reading(async () => 'read')).toBe('read')
    const reading = Promise.allSettled([deadline.reading(endless)])
    vi.advanceTimersByTime(4_999)
    expect(deadline.readingEnds.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await reading).toMatchObject([{ reason: late }])
    expect(deadline.readingEnds.reason).toMatchObject(late)
  })

  it.each([true, false])('is at once where the client leaves, also for what it changes: %s', async (changes) => {
    const client = createClient()
    const deadline = createDeadline({ seconds: 2, changes, client })
    const reading = Promise.allSettled([deadline.reading(endless)])
    client.leave()
    expect(await reading).toMatchObject([{ reason: left }])
    for (const { reason } of [deadline.signal, deadline.readingEnds]) expect(reason).toMatchObject(left)
  })

  it('has passed where the client has left before', async () => {
    const deadline = createDeadline({ seconds: 2, changes: true, client: createClient(true) })
    const read = vi.fn(endless)
    await expect(deadline.reading(read)).rejects.toMatchObject(left)
    expect(read).not.toHaveBeenCalled()
    expect(deadline.signal.reason).toMatchObject(left)
  })
})
