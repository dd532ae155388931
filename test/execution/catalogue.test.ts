/**
 * What roles permit is never stale: once a change is committed, by whoever it was, every process answers and decides by it.
 * Two gateways on one PostgreSQL server, each a process of its own.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { createCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { audience, claimsOf, issuer } from '../support/harness.ts'
import { createSigner, type Signer } from '../support/jwks.ts'
import { scale } from './scale.ts'

const changes = 200
const role = 'zone-reader'
const permission = 'billing.invoice.read'
const { administrator, reader } = demoCallers

const Issue = `mutation Issue($input: IssueTokenInput!) {
  issueToken(input: $input) { __typename ... on ScopeNotGrantedError { excess } }
}`
const Held = `query Held($role: ID!) {
  role(id: $role) { description permissions { id } }
  viewer { access { permissions { id } roles { id permissions { id } } } }
}`

describe.skipIf(inject('templates').server === null)('two gateways on one server', () => {
  const cli = createCli()
  let folder: string
  let database: TestDatabase
  let client: pg.Client
  let signer: Signer
  let urls: readonly string[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
    database = await createTestDatabase({ demo: true })
    client = new pg.Client(database.connection)
    await client.connect()
    signer = await createSigner('catalogue')
    const keyFile = join(folder, 'key.json')
    await writeFile(keyFile, JSON.stringify(signer.jwk))
    const settings = {
      DATABASE_URL: database.connection.connectionString ?? '',
      JWT_KEY_FILE: keyFile,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      LOG_LEVEL: 'warn',
    }
    urls = await Promise.all(
      ['first', 'second'].map(async (name) => {
        const gateway = cli.start(['start'], { ...settings, DATA_DIR: join(folder, name) })
        await gateway.until(/iam-graph is ready/)
        const [, url = ''] = await gateway.until(/Endpoint {2}(http:\S+)\/graphql\n/)
        return url
      }),
    )
  }, 120_000)
  afterAll(async () => {
    await cli.end()
    await client?.end()
    await database?.close()
    await rm(folder, { recursive: true })
  })

  /** The caller's JWT, by the real clock. */
  const signed = (caller: typeof reader, scope: string) => {
    const iat = Math.floor(Date.now() / 1_000)
    return signer.sign({
      iss: issuer,
      aud: audience,
      iat,
      exp: iat + 600,
      jti: 'one',
      client_id: 'tests',
      ...claimsOf(caller),
      scope,
    })
  }
  const ask = async (url: string, jwt: string, query: string, variables: unknown) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${jwt}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = await response.json()
    expect(errors).toBeUndefined()
    return data
  }

  /** A token with the permission in it: who does not hold it is told so. */
  const input = (caller: typeof reader) => ({
    accessId: String(caller.accessId),
    name: 'while the catalogue changes',
    allowedScopes: { organizationScopes: { permissions: [{ permissionId: permission }] } },
  })

  it('answer and decide by what is committed, at their next answer', { timeout: scale.patience }, async () => {
    const jwt = await signed(reader, 'users:read accesses:read roles:read tokens:read tokens:issue')
    const told = async (url: string) => {
      const [{ role: found, viewer }, { issueToken }] = await Promise.all([
        ask(url, jwt, Held, { role }),
        ask(url, jwt, Issue, { input: input(reader) }),
      ])
      const has = (permissions: readonly { readonly id: string }[]) => permissions.some(({ id }) => id === permission)
      return {
        description: found.description,
        role: has(found.permissions),
        access: has(viewer.access.permissions),
        held: has(viewer.access.roles.find(({ id }: { id: string }) => id === role).permissions),
        issued: issueToken.__typename === 'IssueTokenPayload',
      }
    }
    // Readers that never rest, so that copies are being loaded and statements are under way while something changes.
    let over = false
    const restless = urls.map(async (url) => {
      while (!over) await ask(url, jwt, Held, { role })
    })
    try {
      for (let change = 0; change < changes; change += 1) {
        const isHeld = change % 2 === 0
        const description = `as of change ${change}`
        await client.query('BEGIN')
        await client.query('UPDATE roles SET description = $2 WHERE id = $1', [role, description])
        await client.query(
          isHeld
            ? 'INSERT INTO role_permissions (role_id, permission_id) VALUES ($1, $2)'
            : 'DELETE FROM role_permissions WHERE role_id = $1 AND permission_id = $2',
          [role, permission],
        )
        await client.query('COMMIT')
        const expected = { description, role: isHeld, access: isHeld, held: isHeld, issued: isHeld }
        expect(await Promise.all(urls.map(told)), `change ${change}`).toEqual([expected, expected])
      }
    } finally {
      over = true
      await Promise.all(restless)
    }
  })

  it('see roles and permissions that come and go', { timeout: scale.patience }, async () => {
    const jwt = await signed(administrator, 'users:read accesses:read roles:read')
    const query = `query ($id: ID!) {
      role(id: $id) { id permissions { id } }
      permission(id: $id) { id roles { id } }
      roles { total results { id } }
      permissions { total }
      access(id: "${administrator.accessId}") { roles { id } permissions { id } }
    }`
    const before = await ask(urls[0] ?? '', jwt, query, { id: 'fleeting' })
    for (let change = 0; change < 10; change += 1) {
      await client.query(`
        INSERT INTO roles (id, description) VALUES ('fleeting', 'Comes and goes.');
        INSERT INTO permissions (id, description) VALUES ('fleeting', 'Comes and goes.');
        INSERT INTO role_permissions (role_id, permission_id) VALUES ('fleeting', 'fleeting');
        INSERT INTO role_assignments (organization_id, access_id, role_id)
          VALUES ('${administrator.organizationId}', ${administrator.accessId}, 'fleeting')`)
      for (const data of await Promise.all(urls.map((url) => ask(url, jwt, query, { id: 'fleeting' })))) {
        expect(data).toMatchObject({
          role: { permissions: [{ id: 'fleeting' }] },
          permission: { roles: [{ id: 'fleeting' }] },
          roles: { total: before.roles.total + 1 },
          permissions: { total: before.permissions.total + 1 },
        })
        expect(data.access.roles).toContainEqual({ id: 'fleeting' })
        expect(data.access.permissions).toContainEqual({ id: 'fleeting' })
      }
      await client.query(`
        DELETE FROM role_assignments WHERE role_id = 'fleeting';
        DELETE FROM roles WHERE id = 'fleeting';
        DELETE FROM permissions WHERE id = 'fleeting'`)
      for (const data of await Promise.all(urls.map((url) => ask(url, jwt, query, { id: 'fleeting' })))) {
        expect(data).toEqual(before)
      }
    }
  })
})
