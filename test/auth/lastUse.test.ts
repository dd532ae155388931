/** When an API token was last used is noted, without its requests waiting for that. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TokenUse } from '../../src/auth/authenticate.ts'
import type { Database } from '../../src/db/client.ts'
import { createLastUses } from '../../src/db/lastUse.ts'
import { createHarness, type Harness } from '../support/harness.ts'
import { createPeople } from '../support/people.ts'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const pass = (milliseconds: number) => {
  harness.now = new Date(harness.now.getTime() + milliseconds)
}
const { someone, tokenOf } = createPeople(() => harness)

describe('the last use of a token', () => {
  const lastUse = async (id: number) => (await harness.prisma.token.findUniqueOrThrow({ where: { id } })).lastUsedAt

  it('is written once a minute, and not by its request', async () => {
    const { id, caller } = await tokenOf((await someone()).accessId)
    await harness.askRaw('{ viewer { subject } }', undefined, caller)
    const first = harness.now
    await expect.poll(() => lastUse(id)).toEqual(first)
    pass(59_000)
    await harness.askRaw('{ viewer { subject } }', undefined, caller)
    await harness.prisma.token.count()
    expect(await lastUse(id)).toEqual(first)
    pass(1_000)
    await harness.askRaw('{ viewer { subject } }', undefined, caller)
    await expect.poll(() => lastUse(id)).toEqual(harness.now)
  })

  /** The uses of the token by one process of several, of which each knows what it has written itself. */
  const process = (write: Database['write'] = harness.opened.write) => {
    const { note, close } = createLastUses({ write }, () => {})
    const uses = new Map<number, TokenUse>()
    const use = (id: number) => {
      const known = uses.get(id) ?? { tokenId: id, writtenAt: Number.NEGATIVE_INFINITY }
      uses.set(id, known)
      note(known, harness.now.getTime())
    }
    return { use, close }
  }
  const soon = () => new Promise((resolve) => setTimeout(resolve, 50))

  it('is a minute old at most, however many processes it is used with', async () => {
    const { id } = await tokenOf((await someone()).accessId)
    const [one, other] = [process(), process()]
    one.use(id)
    const first = harness.now
    await expect.poll(() => lastUse(id)).toEqual(first)
    pass(30_000)
    other.use(id)
    await soon()
    expect(await lastUse(id)).toEqual(first)
    pass(30_000)
    other.use(id)
    await expect.poll(() => lastUse(id)).toEqual(harness.now)
  })

  it('is written later where it could not be, though the token is not used again', async () => {
    const { id } = await tokenOf((await someone()).accessId)
    let failures = 1
    const { use } = process((...given) => {
      failures -= 1
      return failures < 0 ? harness.opened.write(...given) : Promise.reject(new Error('out of reach'))
    })
    use(id)
    const at = harness.now
    await soon()
    expect(await lastUse(id)).toBeNull()
    await expect.poll(() => lastUse(id), { timeout: 3_000 }).toEqual(at)
  })

  it('is written before the gateway ends', async () => {
    const { id } = await tokenOf((await someone()).accessId)
    let under = 0
    const { use, close } = process(async (...given) => {
      under += 1
      await soon()
      return harness.opened.write(...given)
    })
    use(id)
    expect(under).toBe(1)
    await close()
    expect(await lastUse(id)).toEqual(harness.now)
    pass(60_000)
    use(id)
    expect(under).toBe(1)
  })

  it('is given up by a gateway that ends and can’t write it', async () => {
    const { use, close } = process(() => Promise.reject(new Error('out of reach')))
    use(1)
    await close()
  })
})
