/** A further kind of resource, brought in as docs/resource-types.md says, in a copy of the program: all of the gateway has it. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { composeServices } from '@theguild/federation-composition'
import { parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { posting } from '../support/authzen.ts'
import { createCli } from '../support/cli.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import type * as OfHarness from '../support/harness.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const copied = ['src', 'examples/data', 'test/support', 'package.json']

/** The snippets of the page in this language, without what they are indented by. */
async function snippets(language: string): Promise<readonly string[]> {
  const page = await readFile(join(root, 'docs/resource-types.md'), 'utf8')
  const found = page.matchAll(new RegExp(`^ *\`\`\`${language}\n(.*?)^ *\`\`\``, 'gms'))
  return [...found].map(([, code = '']) => code)
}

/** A copy of the program with the row of the page; without what hides it where the page is done with. */
async function copyWithRow(isHidden: boolean): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
  for (const part of copied) await cp(join(root, part), join(folder, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const [row = ''] = await snippets('ts')
  const file = join(folder, 'src/auth/resource.ts')
  const table = await readFile(file, 'utf8')
  const added = table.replace(
    '\n} as const satisfies',
    `\n${isHidden ? row : row.replace('inaccessible: true,', '')}$&`,
  )
  expect(added).not.toBe(table)
  await writeFile(file, added)
  return folder
}

const { administrator } = demoCallers
const zoneReader = 'oliver.bennett@lakeside.example'
const editorAccess = demoAccessId('zoe.hartmann@lakeside.example')
const web = { type: 'HOST', id: 'web1.example.com' }

describe('a further kind of resource', () => {
  let folder: string
  let harness: OfHarness.Harness
  beforeAll(async () => {
    folder = await copyWithRow(true)
    const { createHarness }: typeof OfHarness = await import(join(folder, 'test/support/harness.ts'))
    harness = await createHarness()
    for (const migration of await snippets('sql')) {
      for (const statement of migration.split(/;\n/)) {
        if (statement.trim() !== '') await harness.prisma.$executeRawUnsafe(statement)
      }
    }
    await assign(web.id)
  })
  afterAll(async () => {
    await harness?.close()
    await rm(folder, { recursive: true })
  })

  const assign = (id: string) =>
    harness.prisma.$executeRawUnsafe(
      `INSERT INTO role_assignments (organization_id, access_id, role_id, resource_type, resource_id)
        VALUES ($1::uuid, $2, 'zone-reader', 'HOST', $3)`,
      ...[administrator.organizationId, Number(editorAccess), id],
    )
  const ask = async (document: string, variables: object = {}, caller: OfHarness.Caller = administrator) => {
    const { data, errors } = await harness.askRaw(document, variables, caller)
    return data ?? errors?.[0]
  }

  it('is decided about, in any spelling of its ids, and never taken for another kind with the same id', async () => {
    const check = (type: string, id: string) => ({
      accessId: editorAccess,
      permissionId: 'dns.zone.read',
      resource: { type, id },
    })
    const document = `query ($checks: [PermissionCheck!]!) {
      checkPermissions(checks: $checks) { allowed explanation { summary grants { resource { type id } } missing { resource { type id } } } } }`
    const checks = [check('HOST', 'WEB1.example.com.'), check('ZONE', web.id), check('HOST', 'web2.example.com')]
    const { checkPermissions } = (await ask(document, { checks })) as { checkPermissions: unknown }
    expect(checkPermissions).toMatchObject([
      {
        allowed: true,
        explanation: {
          summary: 'Allowed by the role zone-reader on host:web1.example.com.',
          grants: [{ resource: web }],
          missing: [],
        },
      },
      { allowed: false, explanation: { missing: expect.arrayContaining([{ resource: web }]) } },
      { allowed: false, explanation: { missing: expect.arrayContaining([{ resource: web }]) } },
    ])
  })

  it('is told where roles are held, and by whom', async () => {
    const document = `query ($id: ID!, $resource: ResourceInput) {
      access(id: $id) { roleAssignments { resource { type id } } resources(permissionId: "dns.zone.read") { resources { type id } } }
      accessesWithPermission(permissionId: "dns.zone.read", resource: $resource, limit: 1000) { results { id } } }`
    const data = await ask(document, { id: editorAccess, resource: web })
    expect(data).toMatchObject({
      access: {
        roleAssignments: expect.arrayContaining([{ resource: web }]),
        resources: { resources: expect.arrayContaining([web]) },
      },
      accessesWithPermission: { results: expect.arrayContaining([{ id: editorAccess }]) },
    })
  })

  it('is what tokens are limited to, within what their issuers hold', async () => {
    const document = `mutation ($input: IssueTokenInput!) { issueToken(input: $input) {
      ... on IssueTokenPayload { token { allowedScopes { organizationScopes { roles { resource { type id } } } } } }
      ... on ScopeNotGrantedError { excess } } }`
    const input = (id: string, accessId = demoAccessId('Uptime probe')) => ({
      accessId,
      name: 'Host',
      allowedScopes: { organizationScopes: { roles: [{ name: 'zone-editor', resource: { type: 'HOST', id } }] } },
    })
    expect(await ask(document, { input: input('Web1.Example.com') })).toEqual({
      issueToken: { token: { allowedScopes: { organizationScopes: { roles: [{ resource: web }] } } } },
    })
    const caller = asDemoUser(zoneReader, 'tokens:issue tokens:read')
    const own = input('web1.example.com', demoAccessId(zoneReader))
    expect(await ask(document, { input: own }, caller)).toEqual({
      issueToken: { excess: ['role:zone-editor@host:web1.example.com'] },
    })
  })

  it('is asked about over AuthZEN', async () => {
    const body = { subject: { type: 'access', id: editorAccess }, action: { name: 'dns.zone.read' } }
    const decision = async (type: string) =>
      (await posting(harness)('evaluation', { ...body, resource: { type, id: web.id } })).body
    expect(await decision('host')).toMatchObject({ decision: true })
    expect(await decision('zone')).toMatchObject({ decision: false })
  })

  it('is part of what imports say of resources', async () => {
    const { stdout } = await createCli({ clone: folder }).run(['schema', '--import'])
    expect(stdout).toContain('"^(zone|host):"')
  })

  it('refuses what names none of it, and so does the database', async () => {
    const document = 'query ($r: ResourceInput) { viewer { can(permissionId: "dns.zone.read", resource: $r) } }'
    expect(await ask(document, { r: { type: 'HOST', id: 'a b' } })).toMatchObject({
      message: '"resource.id": expected the name of a host: labels of letters, digits and hyphens, received "a b"',
    })
    await expect(assign('WEB1.example.com')).rejects.toThrow(/role_assignments_host_check/)
    const scopes = (resource: string) => JSON.stringify({ roles: [{ resource }] })
    const write = (resource: string) =>
      harness.prisma.$executeRawUnsafe('UPDATE tokens SET allowed_scopes = $1::jsonb WHERE id = 1', scopes(resource))
    for (const resource of ['host:WEB1', 'zone:Example.com', 'other:a', 'host', 'zone']) {
      await expect(write(resource)).rejects.toThrow(/tokens_allowed_scopes_resources_check/)
    }
    expect(await write('host:web1')).toBe(1)
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})

describe('a larger graph', () => {
  let folders: readonly string[]
  let hidden: string
  let shown: string
  beforeAll(async () => {
    folders = [await copyWithRow(true), await copyWithRow(false)]
    const sdls = folders.map(async (clone) => (await createCli({ clone }).run(['schema', '--subgraph'])).stdout)
    ;[hidden = '', shown = ''] = await Promise.all(sdls)
  })
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

  /** The DNS team's subgraph of the example, which repeats the enum. */
  const zones = (values: string) =>
    readFile(join(root, 'examples/federation/zones.graphql'), 'utf8').then((sdl) =>
      sdl.replace(/enum ResourceType \{[^}]*\}/, `enum ResourceType { ${values} }`),
    )
  const composed = async (iam: string, values: string) => {
    const { supergraphSdl, errors = [] } = composeServices([
      { name: 'iam', url: 'http://iam.example', typeDefs: parse(iam) },
      { name: 'zones', url: 'http://zones.example', typeDefs: parse(await zones(values)) },
    ])
    const [, of] = /enum ResourceType[^{]*\{(.*?)\n\}/s.exec(supergraphSdl ?? '') ?? []
    return {
      codes: errors.map(({ extensions }) => extensions?.code),
      has: of?.includes('HOST'),
      hides: of?.includes('@inaccessible'),
    }
  }
  const fails = { codes: ['ENUM_VALUE_MISMATCH'], has: undefined, hides: undefined }

  it('with a subgraph that lacks the kind composes while it is hidden, and not once it is shown', async () => {
    expect(await composed(hidden, 'ZONE')).toEqual({ codes: [], has: true, hides: true })
    expect(await composed(shown, 'ZONE')).toEqual(fails)
  })

  it('composes with who has followed before and after it is shown', async () => {
    expect(await composed(hidden, 'ZONE HOST')).toEqual({ codes: [], has: true, hides: true })
    expect(await composed(shown, 'ZONE HOST')).toEqual({ codes: [], has: true, hides: false })
  })

  it('composes today', async () => {
    const iam = await readFile(join(root, 'subgraph.graphql'), 'utf8')
    expect(await composed(iam, 'ZONE')).toEqual({ codes: [], has: false, hides: false })
  })
})
