/** What arguments are given in generated documents: values that find something, that find nothing, and that are refused. */

import { fixedBytes } from '../../examples/data/demo/fixedIds.ts'
import { demoIdentities } from '../../examples/data/demo/identities.ts'
import { demoOrganizations } from '../../examples/data/demo/organizations.ts'
import { demoTokenId, demoTokens } from '../../examples/data/demo/tokens.ts'
import { formatSecret } from '../../src/auth/apiToken.ts'
import { encodeOpaque } from '../../src/opaqueId.ts'

/** Values of a place, such as `Query.user(id:)` or `UserSearch.ids`, or of a scalar where the place has none of its own. */
export type Vocabulary = Readonly<Record<string, readonly unknown[]>>

/** People of all three organizations, in turns. */
const people = [0, 30, 48, 1, 31, 13, 19, 2, 49, 32].flatMap((index) => demoIdentities[index] ?? [])
const userIds = [...people.map(({ userId }) => userId), '00000000-0000-4000-8000-000000000000', 'ADA', '']
const accessIds = [
  ...people.flatMap(({ accesses }) => accesses.map(({ accessId }) => String(accessId))),
  '999999',
  '0',
  'x',
]
const tokenIds = [...demoTokens.map(({ name }) => String(demoTokenId(name))), '999999', '-1', '2147483648']
const roleIds = ['zone-admin', 'administrator', 'zone-reader', 'auditor', 'acme-solver', 'no-such-role', '']
const permissionIds = ['dns.zone.read', 'iam.user.read', 'billing.invoice.read', 'no.such.permission', '\u0000']
const customerIds = [1, 2, 3, 99, 0]
const secrets = [1, 2, 40].map((id) => formatSecret(fixedBytes(`secret of token ${id}`)))
const texts = ['an', 'e', 'lakeside', 'ß', '%', '_', "O'C", '', 'x'.repeat(201), 'a\u0007']
const names = ['deploy', 'Zoë “quoted” \\ \u2028 🔑', 'n'.repeat(200), '', 'n'.repeat(201)]

const nodeIds = [
  ...userIds.slice(0, 6).map((id) => encodeOpaque('User', id)),
  ...accessIds.slice(0, 12).map((id) => encodeOpaque('Access', id)),
  ...tokenIds.slice(0, 8).map((id) => encodeOpaque('Token', id)),
  ...roleIds.slice(0, 4).map((id) => encodeOpaque('Role', id)),
  ...permissionIds.slice(0, 3).map((id) => encodeOpaque('Permission', id)),
  encodeOpaque('User', '00000000-0000-4000-8000-000000000000'),
  encodeOpaque('Access', 'x'),
  encodeOpaque('Organization', demoOrganizations[0]?.id ?? ''),
  'no node',
]

const representations = [
  ...userIds.slice(0, 4).map((id) => ({ __typename: 'User', id })),
  ...accessIds.slice(0, 6).map((id) => ({ __typename: 'Access', id })),
  ...accessIds.slice(0, 6).map((id) => ({ __typename: 'UiConnectionAccess', id })),
  ...tokenIds.slice(0, 4).map((id) => ({ __typename: 'Token', id })),
  ...roleIds.slice(0, 2).map((id) => ({ __typename: 'Role', id })),
  ...permissionIds.slice(0, 2).map((id) => ({ __typename: 'Permission', id })),
  ...customerIds.map((customerId) => ({ __typename: 'Organization', customerId })),
  ...demoOrganizations.map(({ id }) => ({ __typename: 'Organization', id })),
  { __typename: 'User', id: 'malformed' },
  { __typename: 'Nothing', id: '1' },
  {},
]

const limits = [3, 1, 2, 5, 20, 100, 7, 4, 3, 10, 2, 50, 1, 0, 5_000]
const offsets = [0, 1, 2, 3, 10, 1, 5, 1_000, -1]

/** Without cursors, which only answers tell. */
export const demoVocabulary: Vocabulary = Object.freeze({
  'Query.node(id:)': nodeIds,
  'Query.nodes(ids:)': nodeIds,
  'Query.user(id:)': userIds,
  'Query.access(id:)': accessIds,
  'Query.token(id:)': tokenIds,
  'Query.role(id:)': roleIds,
  'Query.permission(id:)': permissionIds,
  'Query.tokenDetails(secret:)': [...secrets, 'iamt_nothing', ''],
  'Query.__type(name:)': ['User', 'Access', 'AccessSearch', 'TokenStatus', 'IssueTokenResult', 'DateTime', 'Nothing'],
  'Query.organization(id:)': demoOrganizations.map(({ id }) => id),
  'Query.requiredScopes(document:)': [
    '{ viewer { subject } }',
    '{ tokens { total } }',
    'query A { users { total } }',
    '{',
  ],
  'UserSearch.ids': userIds,
  'UserSearch.customerId': customerIds,
  'UserSearch.roleId': roleIds,
  'UserSearch.permissionId': permissionIds,
  'UserSearch.email': ['ada.lovelace@lakeside.example', 'ADA.LOVELACE@lakeside.example', 'nobody@nowhere.example'],
  'AccessSearch.ids': accessIds,
  'AccessSearch.userId': userIds,
  'AccessSearch.customerId': customerIds,
  'AccessSearch.roleId': roleIds,
  'AccessSearch.permissionId': permissionIds,
  'TokenSearch.ids': tokenIds,
  'TokenSearch.userId': userIds,
  'TokenSearch.accessId': accessIds,
  'Mutation.deactivateToken(tokenId:)': tokenIds,
  'Mutation.reactivateToken(tokenId:)': tokenIds,
  'Mutation.deactivateTokens(tokenIds:)': tokenIds,
  'Mutation.reactivateTokens(tokenIds:)': tokenIds,
  'Mutation.revokeTokens(tokenIds:)': tokenIds,
  'Mutation.reportLeakedToken(secret:)': [...secrets, 'iamt_nothing', ''],
  'AuditEventSearch.actorId': userIds,
  'AuditEventSearch.targetId': tokenIds,
  'AuditEventSearch.targetType': ['Token', 'User'],
  'AuditEventSearch.actions': ['token.issue', 'token.deactivate'],
  'AuditEventSearch.outcomes': ['success', 'refused'],
  'AssignRoleInput.accessId': accessIds,
  'AssignRoleInput.roleId': roleIds,
  'AssignRoleInput.validUntil': ['2027-06-01T00:00:00Z', '2020-01-01T00:00:00Z'],
  'AssignRoleInput.idempotencyKey': ['one', 'two', ''],
  'WithdrawRoleInput.accessId': accessIds,
  'WithdrawRoleInput.roleId': roleIds,
  'WithdrawRoleInput.idempotencyKey': ['one', 'two', ''],
  'CreateRoleInput.roleId': ['another-role', 'zone-reader', ''],
  'CreateRoleInput.permissions': permissionIds,
  'UpdateRoleInput.roleId': roleIds,
  'UpdateRoleInput.addPermissions': permissionIds,
  'UpdateRoleInput.removePermissions': permissionIds,
  'RemoveRoleInput.roleId': ['another-role', ...roleIds],
  'RotateTokenInput.tokenId': tokenIds,
  'RotateTokenInput.overlapSeconds': [0, 60, -1],
  'RevokeTokenInput.tokenId': tokenIds,
  'RevokeTokenInput.secret': [...secrets, 'iamt_nothing', ''],
  'IssueTokenInput.accessId': accessIds,
  'IssueTokenInput.name': names,
  'IssueTokenInput.expiresAt': [
    '2026-12-24T00:00:00Z',
    '2027-06-01T00:00:00.5Z',
    '2031-01-01T00:00:00Z',
    '2020-01-01T00:00:00Z',
  ],
  'IssueTokenInput.scope': ['users:read', 'accesses:read', 'tokens:issue', 'roles:read', 'nothing:here'],
  'IssueTokenInput.forOperations': ['{ viewer { subject } }', 'query A { users { total } }', '{'],
  'IssueTokenInput.idempotencyKey': ['one', 'two', ''],
  'AllowedScopesInput.generalScopes': ['openid', 'profile', 'users:read', 'something else'],
  'ScopedRoleInput.name': roleIds,
  'ScopedPermissionInput.permissionId': permissionIds,
  'ResourceInput.id': ['example.com', 'Münster.example.', 'example.net', '..'],
  'ServiceScopesInput.serviceDefinitionId': ['dns', 'certificates', ''],
  limit: limits,
  first: limits,
  last: limits,
  offset: offsets,
  text: texts,
  permissionId: permissionIds,
  roleId: roleIds,
  accessId: accessIds,
  tokenId: tokenIds,
  _Any: representations,
  JSON: [{}, { id: '1' }, { limit: 3 }],
  Boolean: [true, false],
  Int: [1, 0, 5, -1],
  String: ['a', '', 'x'],
  ID: ['1', 'a', ''],
  Date: ['2026-11-21', '2030-02-28'],
  DateTime: [
    '2026-01-01T00:00:00Z',
    '2026-11-21T09:30:00.000Z',
    '2024-02-29T23:59:59.9999999+02:00',
    '2027-12-31T00:00:00Z',
    '0001-01-01T00:00:00Z',
  ],
})
