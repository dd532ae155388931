import { describe, expect, it } from 'vitest'
import { type AllowedScopes, noAllowedScopes } from '../../src/auth/allowedScopes.ts'
import type { Catalogue, Held } from '../../src/auth/decide.ts'
import { tokenExcess } from '../../src/auth/issuing.ts'
import { inOrganization, rights } from '../support/allowedScopes.ts'

const permissions: Readonly<Record<string, readonly string[]>> = {
  reader: ['read'],
  editor: ['read', 'write'],
  empty: [],
}
const catalogue: Catalogue = {
  roleIdsWith: (id) => Object.keys(permissions).filter((role) => permissions[role]?.includes(id)),
  permissionIdsOf: (role) => permissions[role] ?? [],
}
const held = (roleId: string, resource: string | null = null): Held => ({ roleId, resource })
const excess = (
  allowedScopes: AllowedScopes,
  roles: readonly Held[],
  holder: readonly Held[] = [],
  { scopes = 'tokens:manage', userIsOver = false, isIssuers = false } = {},
) => {
  const issuer = { scopes: new Set(scopes.split(' ')), subject: { held: roles, userIsOver, token: null } }
  return tokenExcess({ scope: [], allowedScopes }, issuer, { held: holder, isIssuers }, catalogue)
}

describe('what exceeds an issuer', () => {
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

  it('is "all" of an access of somebody else, without the scope to manage tokens of others', () => {
    const all = inOrganization({ allRoles: true })
    const roles = [held('editor')]
    expect(excess(all, roles, roles, { scopes: 'tokens:issue' })).toEqual(['organizationScopes.allRoles'])
    expect(excess(all, roles, roles, { scopes: 'tokens:issue', isIssuers: true })).toEqual([])
    expect(excess(all, roles, roles, { scopes: 'tokens:manage' })).toEqual([])
  })

  it('is "all" of an access that has nothing, whoever asks', () => {
    const all = inOrganization({ allPermissions: true })
    for (const isIssuers of [true, false]) {
      expect(excess(all, [held('editor')], [], { isIssuers })).toEqual(['organizationScopes.allPermissions'])
    }
  })

  it('is every right where the time of the issuer is over', () => {
    const all = [held('reader')]
    expect(excess(role('reader'), all, [], { userIsOver: true })).toEqual(['role:reader'])
    expect(excess(permission('read', 'zone:a'), all, [], { userIsOver: true })).toEqual(['permission:read@zone:a'])
    expect(excess(inOrganization({ allRoles: true }), all, all, { userIsOver: true })).toEqual([
      'organizationScopes.allRoles',
    ])
  })

  it('is told once, sorted, with the place of each "all"', () => {
    const asked = rights({ allPermissions: true, roles: [{ name: 'editor', resource: null }] })
    const allowed = {
      generalScopes: ['z', 'openid', 'a', 'tokens:issue'],
      organizationScopes: asked,
      servicesScopes: [{ serviceDefinitionId: 'dns', ...asked }],
    }
    expect(excess(allowed, [], [held('reader')], { scopes: 'a tokens:issue' })).toEqual([
      'organizationScopes.allPermissions',
      'role:editor',
      'servicesScopes.0.allPermissions',
      'tokens:issue',
      'z',
    ])
  })
})
