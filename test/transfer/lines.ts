/** Lines of two organizations with one or two of everything, each with no more than it must have. */
export const ids = {
  lakeside: '10000000-0000-4000-8000-000000000001',
  other: '10000000-0000-4000-8000-000000000002',
  provider: '20000000-0000-4000-8000-000000000001',
  ada: '30000000-0000-4000-8000-000000000001',
  bob: '30000000-0000-4000-8000-000000000002',
  eve: '30000000-0000-4000-8000-000000000003',
  nobody: '30000000-0000-4000-8000-00000000000f',
}

export const lakeside = { type: 'organization', id: ids.lakeside, customer_id: 1, name: 'Lakeside' }
export const other = { type: 'organization', id: ids.other, customer_id: 2, name: 'Other' }
export const provider = { type: 'identityProvider', id: ids.provider, customer_id: 1, domain: 'lakeside.example' }
export const read = { type: 'permission', id: 'dns.read', description: 'Read.' }
export const write = { type: 'permission', id: 'dns.write', description: 'Write.' }
export const editor = { type: 'role', id: 'editor', description: 'Edits.', permissions: ['dns.write', 'dns.read'] }
export const reader = { type: 'role', id: 'reader', description: 'Reads.', permissions: ['dns.read'] }
const person = { type: 'user', customer_id: 1, firstname: 'Ada', lastname: 'Lovelace', language: 'EN' }
export const ada = { ...person, id: ids.ada, email: 'ada@lakeside.example', idp_id: ids.provider, acct: 'ada' }
export const bob = { ...person, id: ids.bob, email: 'bob@lakeside.example', firstname: 'Bob' }
export const eve = { ...person, id: ids.eve, email: 'eve@other.example', firstname: 'Eve', customer_id: 2 }
export const screen = { type: 'access', id: 1, user_id: ids.ada, access_type: 'UI_CONNECTION', two_fa_enabled: true }
export const machine = {
  type: 'access',
  id: 2,
  user_id: ids.bob,
  access_type: 'API_CONNECTION',
  name: 'ci',
  language: 'EN',
}
export const profile = { type: 'access', id: 3, user_id: ids.bob, access_type: 'PROFILE', name: 'p' }
export const everywhere = { type: 'roleAssignment', access_id: 1, role_id: 'editor' }
export const there = { type: 'roleAssignment', access_id: 2, role_id: 'reader', resource: 'zone:example.com' }
export const deploy = {
  type: 'token',
  id: 1,
  access_id: 2,
  name: 'deploy',
  secret_sha256: '01'.repeat(32),
  hint: 'abcd',
  scope: ['users:read'],
  allowed_scopes: { general_scopes: ['openid'] },
  expires_at: '2027-06-01T00:00:00Z',
}
export const all = [
  ...[lakeside, other, provider, read, write, editor, reader, ada, bob, eve],
  ...[screen, machine, profile, everywhere, there, deploy],
]
