/** A token that has been stopped is refused soon, by whichever gateway on the same database; and where that can't be known, nobody is let in. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { fixedBytes } from '../../examples/data/demo/fixedIds.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { formatSecret } from '../../src/auth/apiToken.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import type { Gateway } from '../../src/gateway.ts'
import { createDatabaseProxy, type DatabaseProxy } from '../support/databaseProxy.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const { server } = inject('templates')
const token = demoTokenId('Provisioning portal')
const authorization = `Bearer ${formatSecret(fixedBytes(`secret of token ${token}`))}`

describe.runIf(server !== null)('a token that another gateway has stopped', () => {
  let harness: Harness
  let proxy: DatabaseProxy
  const opened: Database[] = []
  beforeAll(async () => {
    harness = await createHarness()
    proxy = await createDatabaseProxy(harness.database)
  })
  afterAll(async () => {
    for (const database of opened) await database.close()
    await proxy.close()
    await harness.close()
  })

  /** A gateway with a pool of its own, and with clocks that go. */
  const another = (listens: boolean, { connection } = harness.database as { connection: object }): Gateway => {
    const database = openDatabase({ connection, poolSize: 3, timeout: 2, cancellable: true, listens })
    opened.push(database)
    return harness.beside({ database, monotonic: () => performance.now(), observe() {} })
  }
  const ask = async (gateway: Gateway) => {
    const response = await gateway.fetch(
      new Request('http://gateway.example/graphql', {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: '{"query":"{ viewer { subject } }"}',
      }),
    )
    await response.text()
    return response.status
  }
  const switched = async (field: string) => {
    const { errors } = await harness.askRaw(
      `mutation { ${field}(tokenId: "${token}") { __typename } }`,
      {},
      demoCallers.administrator,
    )
    expect(errors).toBeUndefined()
  }
  /** Milliseconds from the acknowledged change to the last request that was accepted. */
  const accepted = async (gateway: Gateway) => {
    await expect.poll(() => ask(gateway)).toBe(200)
    await switched('deactivateToken')
    const since = performance.now()
    let last = 0
    while (performance.now() - since < 1_200) {
      const sent = performance.now() - since
      if ((await ask(gateway)) === 200) last = sent
      await delay(2)
    }
    await switched('reactivateToken')
    return last
  }

  it('is refused within a second, whether that one is told or has to find out', async () => {
    const [told, finding] = [another(true), another(false)]
    await ask(told)
    await delay(200)
    for (const gateway of [told, finding]) expect(await accepted(gateway)).toBeLessThan(1_000)
  })

  it('lets nobody in while the database is out of reach for longer than the bound, and everybody after that', async () => {
    const gateway = another(true, proxy)
    expect(await ask(gateway)).toBe(200)
    const { port } = proxy
    await proxy.close()
    await delay(1_000)
    expect(await ask(gateway)).toBe(503)
    proxy = await createDatabaseProxy(harness.database, port)
    await expect.poll(() => ask(gateway), { timeout: 5_000 }).toBe(200)
  })
})
