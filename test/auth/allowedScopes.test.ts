import { describe, expect, it } from 'vitest'
import {
  type AllowedScopes,
  contradictions,
  excessOf,
  type HeldRole,
  mostEntries,
  namedRoles,
  noAllowedScopes,
  type RightsScopes,
  withoutRepetitions,
} from '../../src/auth/allowedScopes.ts'

const rights = (given: Partial<RightsScopes> = {}): RightsScopes => ({
  allPermissions: false,
  allRoles: false,
  keptInToken: [],
  permissions: [],
  roles: [],
  ...given,
})
const inOrganization = (given: Partial<RightsScopes>): AllowedScopes => ({
  ...noAllowedScopes,
  organizationScopes: rights(given),
})
const catalogue: Readonly<Record<string, readonly string[]>> = {
  reader: ['read'],
  editor: ['read', 'write'],
  empty: [],
}
const held = (roleId: string, resource: string | null = null): HeldRole => ({
  roleId,
  resource,
  permissions: catalogue[roleId] ?? [],
})
const excess = (allowed: AllowedScopes, roles: readonly HeldRole[], subject: readonly HeldRole[] = [], scopes = '') =>
  excessOf(allowed, { scopes: new Set(scopes.split(' ')), roles }, subject, (name) => catalogue[name] ?? [])
const pathsOf = (allowed: AllowedScopes) => contradictions(allowed).map(({ path }) => path.join('.'))

describe('contradictions', () => {
  it('are none in what allows nothing, and in what allows everything', () => {
    const all = rights({ allRoles: true, allPermissions: true, keptInToken: ['ROLES', 'PERMISSIONS'] })
    expect(contradictions(noAllowedScopes)).toEqual([])
    expect(
      contradictions({
        generalScopes: ['openid', 'a:b/c.d~!#[]^_`{|}'],
        organizationScopes: all,
        servicesScopes: [{ serviceDefinitionId: 'dns', ...all }],
      }),
    ).toEqual([])
  })

  it.each(['', 'two words', 'quo"te', 'back\\slash', 'tab\t', 'é', 'x'.repeat(201)])('are in the scope %j', (scope) => {
    expect(pathsOf({ ...noAllowedScopes, generalScopes: ['openid', scope] })).toEqual(['generalScopes.1'])
  })

  it.each([
    ...['zone:', 'zone:two words', 'zone:a\u0000', 'zone:a\ud800', `zone:${'x'.repeat(256)}`, 'host:a', 'a', ''],
    ...['zone:Example.com', 'zone:example.com.', 'zone:münster.example', 'Zone:example.com', 'zone:zone:a'],
  ])('are in the resource %j, which is none or is not in its one form', (resource) => {
    const allowed = inOrganization({
      roles: [
        { name: 'reader', resource: null },
        { name: 'reader', resource },
      ],
      permissions: [{ permissionId: 'read', resources: ['zone:example.com', resource] }],
    })
    expect(pathsOf(allowed)).toEqual([
      'organizationScopes.roles.1.resource',
      'organizationScopes.permissions.0.resources.1',
    ])
  })

  it('are in the second of two equal services, at its own place', () => {
    const servicesScopes = ['dns', 'mail', 'mail', 'dns'].map((serviceDefinitionId) => ({
      serviceDefinitionId,
      ...rights(),
    }))
    expect(pathsOf({ ...noAllowedScopes, servicesScopes })).toEqual([
      'servicesScopes.2.serviceDefinitionId',
      'servicesScopes.3.serviceDefinitionId',
    ])
  })

  it('are in a list that is too long, which is told once', () => {
    const roles = Array.from({ length: mostEntries + 1 }, () => ({ name: '', resource: '' }))
    expect(pathsOf(inOrganization({ roles }))).toEqual(['organizationScopes.roles'])
    expect(pathsOf(inOrganization({ roles: roles.slice(1) }))).toHaveLength(2 * mostEntries)
  })
})

describe('withoutRepetitions', () => {
  it('keeps the first of what is said twice, and what differs in any way', () => {
    const role = { name: 'reader', resource: null }
    const onZone = { name: 'reader', resource: 'zone:example.com' }
    const tidy = withoutRepetitions({
      generalScopes: ['b', 'a', 'b'],
      organizationScopes: rights({
        keptInToken: ['ROLES', 'ROLES'],
        roles: [role, onZone, role],
        permissions: [
          { permissionId: 'read', resources: ['zone:a', 'zone:a'] },
          { permissionId: 'read', resources: ['zone:a'] },
        ],
      }),
      servicesScopes: [],
    })
    expect(tidy).toEqual({
      generalScopes: ['b', 'a'],
      organizationScopes: rights({
        keptInToken: ['ROLES'],
        roles: [role, onZone],
        permissions: [{ permissionId: 'read', resources: ['zone:a'] }],
      }),
      servicesScopes: [],
    })
  })
})

describe('namedRoles', () => {
  it('are those of the organization and of all services, each once', () => {
    const roles = [
      { name: 'reader', resource: null },
      { name: 'reader', resource: 'zone:a' },
    ]
    const allowed = {
      ...inOrganization({ roles }),
      servicesScopes: [
        { serviceDefinitionId: 'dns', ...rights({ roles: [...roles, { name: 'editor', resource: null }] }) },
      ],
    }
    expect(namedRoles(allowed)).toEqual(['reader', 'editor'])
  })
})

describe('excessOf', () => {
  const role = (name: string, resource: string | null = null) => inOrganization({ roles: [{ name, resource }] })
  const permission = (permissionId: string, ...resources: string[]) =>
    inOrganization({ permissions: [{ permissionId, resources }] })

  it('is nothing of nothing, whoever asks', () => {
    expect(excess(noAllowedScopes, [])).toEqual([])
    expect(excess(inOrganization({}), [])).toEqual([])
  })

  it('is a role that is not held, or held on other resources only', () => {
    expect(excess(role('editor'), [held('reader')])).toEqual(['role:editor'])
    expect(excess(role('editor'), [held('editor', 'zone:a')])).toEqual(['role:editor'])
    expect(excess(role('editor', 'zone:b'), [held('editor', 'zone:a')])).toEqual(['role:editor@zone:b'])
    expect(excess(role('editor', 'zone:a'), [held('editor', 'zone:a')])).toEqual([])
    expect(excess(role('editor', 'zone:a'), [held('editor')])).toEqual([])
  })

  it('is not a role whose every permission is held where it is asked for', () => {
    expect(excess(role('reader'), [held('editor')])).toEqual([])
    expect(excess(role('reader', 'zone:a'), [held('editor', 'zone:a')])).toEqual([])
    expect(excess(role('reader', 'zone:b'), [held('editor', 'zone:a')])).toEqual(['role:reader@zone:b'])
    expect(excess(role('editor'), [held('reader'), held('editor', 'zone:a')])).toEqual(['role:editor'])
  })

  it('is a role that permits nothing and is not held itself', () => {
    expect(excess(role('empty'), [held('editor')])).toEqual(['role:empty'])
    expect(excess(role('empty'), [held('empty')])).toEqual([])
    expect(excess(role('empty', 'zone:a'), [held('empty', 'zone:a')])).toEqual([])
    expect(excess(role('empty', 'zone:b'), [held('empty', 'zone:a')])).toEqual(['role:empty@zone:b'])
    expect(excess(role('unknown'), [held('editor')])).toEqual(['role:unknown'])
  })

  it('is a permission on each resource where it is not held; no resource means everywhere', () => {
    expect(excess(permission('read', 'zone:a', 'zone:b'), [held('reader', 'zone:a')])).toEqual([
      'permission:read@zone:b',
    ])
    expect(excess(permission('read'), [held('reader', 'zone:a')])).toEqual(['permission:read'])
    expect(excess(permission('read'), [held('reader')])).toEqual([])
    expect(excess(permission('write', 'zone:a'), [held('reader'), held('editor', 'zone:b')])).toEqual([
      'permission:write@zone:a',
    ])
  })

  it('is "all" where the token’s access has anything that the issuer lacks', () => {
    const all = inOrganization({ allRoles: true, allPermissions: true })
    const both = ['organizationScopes.allPermissions', 'organizationScopes.allRoles']
    expect(excess(all, [held('reader')], [held('editor')])).toEqual(both)
    expect(excess(all, [held('editor', 'zone:a')], [held('editor')])).toEqual(both)
    expect(excess(all, [held('editor')], [held('editor', 'zone:a'), held('reader')])).toEqual([])
  })

  it('is told once, sorted, with the place of each "all"', () => {
    const asked = rights({ allPermissions: true, roles: [{ name: 'editor', resource: null }] })
    const allowed = {
      generalScopes: ['z', 'openid', 'a', 'tokens:issue'],
      organizationScopes: asked,
      servicesScopes: [{ serviceDefinitionId: 'dns', ...asked }],
    }
    expect(excess(allowed, [], [held('reader')], 'a tokens:issue')).toEqual([
      'organizationScopes.allPermissions',
      'role:editor',
      'servicesScopes.0.allPermissions',
      'tokens:issue',
      'z',
    ])
  })
})
