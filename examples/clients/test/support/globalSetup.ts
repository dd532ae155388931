import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { mintJwt, startGateway } from '../../../gateway.mjs'
import { settingOnPage } from './page'

interface Running {
  readonly url: string
  /** Ada Lovelace by two of her accesses, and somebody who may do little. */
  readonly jwts: Readonly<Record<'ui' | 'api' | 'usersOnly', string>>
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly gateway: Running
  }
}

const scope =
  'users:read accesses:read roles:read tokens:read tokens:issue tokens:deactivate tokens:introspect permissions:check audit:read'
const ada = { customer: 1, user: '088b9780-56b5-4379-ad8f-f4c12feb6a32' }

/** One gateway for all tests, on an embedded database with the demo data. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'iam-graph-clients-'))
  const removed = () => rm(folder, { recursive: true, force: true })
  try {
    const { url, close } = await startGateway({
      folder,
      settings: { ALLOWED_ORIGINS: settingOnPage('ALLOWED_ORIGINS') },
    })
    const [ui, api, usersOnly] = await Promise.all([
      mintJwt({ folder, ...ada, access: '1', scope }),
      mintJwt({ folder, ...ada, access: '2', scope }),
      mintJwt({ folder, customer: 1, scope: 'users:read' }),
    ])
    project.provide('gateway', { url, jwts: { ui, api, usersOnly } })
    return async () => {
      await close()
      await removed()
    }
  } catch (error) {
    await removed()
    throw error
  }
}
