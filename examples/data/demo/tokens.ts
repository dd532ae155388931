/** The API tokens of the demo: what they are for, what they may do, and what became of them. */
import type { AllowedScopes, RightsScopes, ScopedPermission, ScopedRole } from '../../../src/auth/allowedScopes.ts'

/** All days are counted from today; an end in the past, and every other day, is negative. */
export interface DemoToken {
  readonly name: string
  /** The name of the API connection that holds it, or the mail address of a user for that user's first access. */
  readonly access: string
  readonly created: number
  readonly ends: number
  readonly lastUsed?: number
  readonly revoked?: number
  /** The last change of `deactivated`: on is now deactivated, off is reactivated. */
  readonly switched?: { readonly day: number; readonly to: 'on' | 'off'; readonly by: 'founder' | 'departed' }
  /** The name of the token it replaced. */
  readonly rotatedFrom?: string
  readonly scope: readonly string[]
  readonly allowed: AllowedScopes
}

const readers = ['users:read', 'accesses:read', 'roles:read']

const nothing = allowed(null)
const allOfIt = allowed(scopes({ allRoles: true, allPermissions: true, keptInToken: ['ROLES', 'PERMISSIONS'] }))
const allRoles = allowed(scopes({ allRoles: true, keptInToken: ['ROLES'] }))

/** In the order of their ids; new ones go to the end. Those that work today still do a year later. */
export const demoTokens: readonly DemoToken[] = Object.freeze([
  {
    name: 'Provisioning portal',
    access: 'Provisioning',
    created: -320,
    ends: 730,
    lastUsed: -1,
    scope: readers,
    allowed: allOfIt,
  },
  {
    name: 'Provisioning staging',
    access: 'Provisioning',
    created: -140,
    ends: 545,
    lastUsed: -6,
    scope: ['users:read'],
    allowed: allowed(scopes({ roles: [role('zone-admin')], keptInToken: ['ROLES'] })),
  },
  {
    name: 'Provisioning (first portal)',
    access: 'Provisioning',
    created: -410,
    ends: -45,
    lastUsed: -46,
    scope: readers,
    allowed: allRoles,
  },
  {
    name: 'Joiners & leavers',
    access: 'Joiners & leavers',
    created: -210,
    ends: 520,
    lastUsed: -1,
    scope: ['users:read', 'users:write', 'accesses:read', 'accesses:write'],
    allowed: allowed(scopes({ permissions: [permission('iam.user.create'), permission('iam.user.update')] })),
  },
  {
    name: 'Certificate bot',
    access: 'Certificate bot',
    created: -95,
    ends: 635,
    lastUsed: -2,
    rotatedFrom: 'Certificate bot (old)',
    scope: [],
    allowed: allowed(null, [
      service('certificates', { roles: [role('certificate-manager')], keptInToken: ['ROLES', 'PERMISSIONS'] }),
    ]),
  },
  {
    name: 'Certificate bot (old)',
    access: 'Certificate bot',
    created: -400,
    ends: -94,
    lastUsed: -95,
    scope: [],
    allowed: allowed(null, [service('certificates', { allRoles: true })]),
  },
  {
    name: 'Terraform Cloud',
    access: 'Terraform',
    created: -260,
    ends: 900,
    lastUsed: -1,
    switched: { day: -30, to: 'off', by: 'founder' },
    scope: ['permissions:check'],
    allowed: allowed(scopes({ allRoles: true, keptInToken: ['ROLES'] }), [
      service('dns', { roles: [role('zone-admin')] }),
      service('certificates', { permissions: [permission('certificate.order.create')], keptInToken: ['PERMISSIONS'] }),
    ]),
  },
  {
    name: 'Terraform on Bruno’s laptop',
    access: 'Terraform',
    created: -380,
    ends: 715,
    lastUsed: -46,
    revoked: -45,
    scope: [],
    allowed: allRoles,
  },
  {
    name: 'terraform plan',
    access: 'Terraform dry run',
    created: -60,
    ends: 670,
    lastUsed: -3,
    scope: [],
    allowed: allRoles,
  },
  {
    name: '100%_nightly_sync',
    access: '100%_nightly_sync',
    created: -300,
    ends: 795,
    lastUsed: -1,
    scope: [],
    allowed: allowed(scopes({ permissions: [permission('dns.zone.read'), permission('dns.zone.export')] })),
  },
  {
    name: 'acme.sh on www1',
    access: 'acme example.com',
    created: -150,
    ends: 580,
    lastUsed: -20,
    scope: [],
    allowed: allowed(scopes({ roles: [role('acme-solver', 'zone:example.com')], keptInToken: ['ROLES'] })),
  },
  {
    name: 'acme.sh on www2',
    access: 'acme example.com',
    created: -150,
    ends: 580,
    switched: { day: -80, to: 'on', by: 'departed' },
    scope: [],
    allowed: allowed(
      scopes({
        permissions: [
          permission('dns.record.create', 'zone:example.com'),
          permission('dns.record.delete', 'zone:example.com'),
        ],
      }),
    ),
  },
  {
    name: 'Router in the home office',
    access: 'dyndns home office',
    created: -70,
    ends: 660,
    lastUsed: -1,
    scope: [],
    allowed: allowed(scopes({ permissions: [permission('dns.record.update', 'zone:lakeside.example')] })),
  },
  {
    name: 'zone cleanup',
    access: 'Bruno’s scripts',
    created: -390,
    ends: 705,
    lastUsed: -47,
    scope: [],
    allowed: allRoles,
  },
  {
    name: 'Uptime probe Zürich',
    access: 'Uptime probe',
    created: -33,
    ends: 1060,
    lastUsed: -1,
    scope: ['permissions:check'],
    allowed: allowed(
      scopes({ roles: [role('zone-reader', 'zone:example.com'), role('zone-reader', 'zone:example.net')] }),
    ),
  },
  { name: 'Uptime probe, never set up', access: 'Uptime probe', created: -33, ends: 1060, scope: [], allowed: nothing },
  {
    name: 'Ada’s command line',
    access: 'ada.lovelace@lakeside.example',
    created: -18,
    ends: 440,
    lastUsed: -2,
    scope: [...readers, 'tokens:read', 'audit:read'],
    allowed: nothing,
  },
  {
    name: 'Audit of last year',
    access: 'Token janitor',
    created: -420,
    ends: -55,
    revoked: -200,
    lastUsed: -205,
    scope: ['tokens:read'],
    allowed: nothing,
  },
  {
    name: 'Token janitor',
    access: 'Token janitor',
    created: -190,
    ends: 905,
    switched: { day: -8, to: 'on', by: 'founder' },
    lastUsed: -9,
    scope: ['tokens:read', 'tokens:deactivate'],
    allowed: allowed(scopes({ permissions: [permission('iam.token.read'), permission('iam.token.deactivate')] })),
  },

  {
    name: 'Campagne été',
    access: 'Site de campagne',
    created: -120,
    ends: 610,
    lastUsed: -4,
    scope: [],
    allowed: allowed(scopes({ roles: [role('zone-editor', 'zone:example.org')] })),
  },
  {
    name: 'Campagne hiver',
    access: 'Site de campagne',
    created: -370,
    ends: -5,
    lastUsed: -6,
    scope: [],
    allowed: allRoles,
  },
  {
    name: 'Déploiement continu',
    access: 'Déploiement',
    created: -240,
    ends: 855,
    lastUsed: -1,
    rotatedFrom: 'Déploiement continu (ancien)',
    scope: ['roles:read'],
    allowed: allowed(scopes({ allPermissions: true, keptInToken: ['PERMISSIONS'] })),
  },
  {
    name: 'Déploiement continu (ancien)',
    access: 'Déploiement',
    created: -415,
    ends: 680,
    lastUsed: -241,
    revoked: -240,
    scope: ['roles:read'],
    allowed: allRoles,
  },
  {
    name: 'Comptabilité',
    access: 'Export des factures',
    created: -88,
    ends: 1010,
    switched: { day: -15, to: 'on', by: 'founder' },
    lastUsed: -16,
    scope: [],
    allowed: allowed(null, [service('billing', { permissions: [permission('billing.invoice.read')] })]),
  },

  {
    name: 'Registry bridge',
    access: 'Registry bridge',
    created: -275,
    ends: 820,
    lastUsed: -1,
    scope: readers,
    allowed: allOfIt,
  },
  {
    name: 'WHOIS mirror Frankfurt',
    access: 'WHOIS mirror',
    created: -160,
    ends: 935,
    lastUsed: -1,
    scope: [],
    allowed: allRoles,
  },
  {
    name: 'WHOIS mirror Paris',
    access: 'WHOIS mirror',
    created: -160,
    ends: 935,
    lastUsed: -63,
    revoked: -61,
    switched: { day: -62, to: 'on', by: 'departed' },
    scope: [],
    allowed: allRoles,
  },
  {
    name: 'Escrow deposit',
    access: 'Escrow deposit',
    created: -405,
    ends: -40,
    lastUsed: -61,
    switched: { day: -60, to: 'on', by: 'founder' },
    scope: [],
    allowed: allowed(scopes({ permissions: [permission('domain.name.read'), permission('contact.handle.read')] })),
  },
])

/** The id of the token of that name, counted from 1. Throws where there is none. */
export function demoTokenId(name: string): number {
  const index = demoTokens.findIndex((token) => token.name === name)
  if (index === -1) throw new Error(`expected the name of a demo token, received "${name}"`)
  return index + 1
}

function allowed(
  organizationScopes: RightsScopes | null,
  servicesScopes: AllowedScopes['servicesScopes'] = [],
): AllowedScopes {
  return { generalScopes: ['openid'], organizationScopes, servicesScopes }
}

function scopes(given: Partial<RightsScopes>): RightsScopes {
  return { allPermissions: false, allRoles: false, keptInToken: [], permissions: [], roles: [], ...given }
}

function service(serviceDefinitionId: string, given: Partial<RightsScopes>) {
  return { serviceDefinitionId, ...scopes(given) }
}

function role(name: string, resource: string | null = null): ScopedRole {
  return { name, resource }
}

function permission(permissionId: string, ...resources: string[]): ScopedPermission {
  return { permissionId, resources }
}
