import { describe, expect, it } from 'vitest'
import {
  type AllowedScopes,
  contradictions,
  mostEntries,
  namedRoles,
  noAllowedScopes,
  withoutRepetitions,
} from '../../src/auth/allowedScopes.ts'
import { inOrganization, rights } from '../support/allowedScopes.ts'

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
