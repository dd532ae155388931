/** Cerbos, with the catalogue of roles and permissions as its rules. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { StartOptions } from './contestants.ts'
import { connected } from './population.ts'
import { cerbosResource } from './workloads/w6.ts'

/** Starts it; it is ready when this resolves. Telemetry is off, so that it talks to nobody. */
export async function startCerbos({
  processes,
  core,
  databaseUrl,
  folder,
}: StartOptions): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const policies = join(folder, 'cerbos')
  mkdirSync(policies, { recursive: true })
  writeFileSync(join(policies, 'catalogue.json'), JSON.stringify(await policyOf(databaseUrl)))
  const [http, grpc] = [await freePort(), await freePort()]
  const settings = [
    `server.httpListenAddr=127.0.0.1:${http}`,
    `server.grpcListenAddr=127.0.0.1:${grpc}`,
    'storage.driver=disk',
    `storage.disk.directory=${policies}`,
    'telemetry.disabled=true',
  ]
  const binary = new URL(`node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64`, import.meta.url)
  const child = processes.start(
    fileURLToPath(binary),
    ['server', '--log-level=error', ...settings.map((setting) => `--set=${setting}`)],
    { core, log: join(folder, 'cerbos.log') },
  )
  child.stdout?.resume()
  await untilHealthy(child, http)
  return { child, port: http }
}

async function policyOf(databaseUrl: string): Promise<unknown> {
  const rows = await connected(databaseUrl, async (client) => {
    const { rows } = await client.query<{ readonly permission: string; readonly roles: readonly string[] }>(
      `SELECT permission_id AS permission, array_agg(role_id ORDER BY role_id) AS roles
       FROM role_permissions GROUP BY permission_id ORDER BY permission_id`,
    )
    return rows
  })
  return {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      version: 'default',
      resource: cerbosResource,
      rules: rows.map(({ permission, roles }) => ({ actions: [permission], effect: 'EFFECT_ALLOW', roles })),
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function untilHealthy(child: ChildProcess, port: number): Promise<void> {
  for (let time = 0; time < 300; time++) {
    if (child.exitCode !== null) throw new Error(`Cerbos ended with code ${child.exitCode}`)
    const isHealthy = await fetch(`http://127.0.0.1:${port}/_cerbos/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isHealthy) return
    await wait(100)
  }
  throw new Error('Cerbos did not become healthy')
}
