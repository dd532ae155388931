import { describe, expect, it } from 'vitest'
import { OrganizationVersions } from '../../src/db/organizationVersions.ts'
import type { Read } from '../../src/db/read.ts'

const organization = 'a0000000-0000-4000-8000-000000000001'

/** A database that says what it is told to say, when it is told to. */
function scripted() {
  const state = {
    now: 0,
    asked: 0,
    answer: async (): Promise<object[]> => [{ organizationId: null, version: null, now: 1n }],
  }
  const read = (() => {
    state.asked += 1
    return state.answer()
  }) as unknown as Read
  const versions = new OrganizationVersions(read, () => state.now)
  return { state, versions, bound: versions.bound }
}
const changed = (version: bigint, now = 2n) => [{ organizationId: organization, version, now }]

describe('what is remembered of an organization', () => {
  it('is current until a later version is told of, and not by an earlier one', async () => {
    const { versions } = scripted()
    await versions.renew()
    const epoch = versions.epochAt(organization, 5n, 1n)
    versions.notified(`${organization} 4`)
    versions.notified(`${organization} 5`)
    versions.notified('b0000000-0000-4000-8000-000000000001 9')
    expect(epoch.current).toBe(true)
    versions.notified(`${organization} 6`)
    expect(epoch.current).toBe(false)
  })

  it('is not current from the start where a later version is known', async () => {
    const { versions } = scripted()
    await versions.renew()
    versions.epochAt(organization, 6n, 1n)
    expect(versions.epochAt(organization, 5n, 1n).current).toBe(false)
  })

  it('is not current once something of a later version has been read', async () => {
    const { versions } = scripted()
    await versions.renew()
    const epoch = versions.epochAt(organization, 5n, 1n)
    expect(versions.epochAt(organization, 6n, 1n).current).toBe(true)
    expect(epoch.current).toBe(false)
  })

  it('is not current where a later version was told of between the reading and its arrival', async () => {
    const { state, versions } = scripted()
    await versions.renew()
    state.answer = async () => changed(6n)
    versions.expire()
    await versions.renew()
    expect(versions.epochAt(organization, 5n, 1n).current).toBe(false)
    expect(versions.epochAt(organization, 6n, 2n).current).toBe(true)
  })

  it('nor where somebody else has a transaction all the while, which keeps the number from rising', async () => {
    const { state, versions } = scripted()
    await versions.renew()
    state.answer = async () => changed(6n, 1n)
    versions.expire()
    await versions.renew()
    expect(versions.epochAt(organization, 5n, 1n).current).toBe(false)
  })

  it('is not current before anything has been asked', () => {
    expect(scripted().versions.epochAt(organization, 5n, 1n).current).toBe(false)
  })

  it('is not current once it turns out that a change was missed', async () => {
    const { state, versions } = scripted()
    await versions.renew()
    const epoch = versions.epochAt(organization, 5n, 1n)
    state.answer = async () => changed(6n)
    await versions.renew()
    expect(epoch.current).toBe(false)
  })

  it('is not current once the database has been restored', async () => {
    const { state, versions } = scripted()
    await versions.renew()
    const epoch = versions.epochAt(organization, 5n, 1n)
    state.answer = async () => [{ organizationId: null, version: null, now: 0n }]
    await versions.renew()
    expect(epoch.current).toBe(false)
  })
})

describe('what is known of changes', () => {
  it('is relied on for the bound from when it was asked, and not before it was', async () => {
    const { state, versions, bound } = scripted()
    expect(versions.reliedOnUntil).toBeLessThan(state.now)
    state.now = 100
    await versions.renew()
    expect(versions.reliedOnUntil).toBe(100 + bound)
  })

  it('is not relied on where the answer came too late, or not at all', async () => {
    const { state, versions, bound } = scripted()
    state.answer = async () => {
      state.now += bound
      return changed(6n)
    }
    await expect(versions.renew()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(versions.reliedOnUntil).toBeLessThan(state.now)
    state.answer = async () => Promise.reject(new Error('out of reach'))
    await expect(versions.renew()).rejects.toThrow('out of reach')
    expect(versions.reliedOnUntil).toBeLessThan(state.now)
  })

  it('is asked once for all who wait for it', async () => {
    const { state, versions } = scripted()
    await Promise.all([versions.renew(), versions.renew(), versions.renew()])
    expect(state.asked).toBe(1)
  })

  it('is asked again where something has changed since it was asked', async () => {
    const { state, versions, bound } = scripted()
    let answer = (_: object[]) => {}
    state.answer = () => new Promise((resolve) => (answer = resolve))
    const early = versions.renew()
    versions.expire()
    const late = versions.renew()
    answer([{ organizationId: null, version: null, now: 1n }])
    await early
    expect(versions.reliedOnUntil).toBeLessThan(state.now)
    await expect.poll(() => state.asked).toBe(2)
    answer(changed(6n))
    await late
    expect(versions.reliedOnUntil).toBe(state.now + bound)
  })

  it('is asked anew where an answer is late, which is for nothing then', async () => {
    const { state, versions, bound } = scripted()
    let answer = (_: object[]) => {}
    state.answer = () => {
      state.answer = async () => changed(6n)
      return new Promise((resolve) => (answer = resolve))
    }
    const waiting = versions.renew()
    state.now += bound
    await waiting
    expect(state.asked).toBe(2)
    expect(versions.reliedOnUntil).toBe(state.now + bound)
    answer(changed(5n, 1n))
    expect(versions.epochAt(organization, 5n, 1n).current).toBe(false)
  })
})
