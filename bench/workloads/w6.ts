/**
 * W6: whether an access has a permission everywhere. Cerbos stands beside it with its own endpoint: it holds the rules, and
 * is told the roles of who asks, which all others look up.
 */
import type { Form, Workload } from './workload.ts'

/** The rules of Cerbos are about resources of this one kind. */
export const cerbosResource = 'organization'

interface Decision {
  readonly allowed: boolean
}

interface CerbosAnswer {
  readonly results: readonly [{ readonly actions: Readonly<Record<string, 'EFFECT_ALLOW' | 'EFFECT_DENY'>> }]
}

const read = ({ allowed }: Decision): unknown => allowed

const form =
  (name: string, text: string): Form =>
  async (sql, { access, permission }) => {
    const rows: readonly (readonly boolean[])[] = await sql.rows(name, text, [access, permission])
    return JSON.stringify({ allowed: rows[0]?.[0] })
  }

const joined = `SELECT EXISTS (
  SELECT FROM role_assignments
    JOIN role_permissions USING (role_id)
    JOIN accesses ON accesses.id = role_assignments.access_id
    JOIN users ON users.id = accesses.user_id
  WHERE role_assignments.access_id = $1 AND resource_id IS NULL AND permission_id = $2
    AND (users.expires_at IS NULL OR users.expires_at > now()))`

const nested = `SELECT EXISTS (
  SELECT FROM role_assignments
  WHERE access_id = $1 AND resource_id IS NULL
    AND role_id IN (SELECT role_id FROM role_permissions WHERE permission_id = $2)
) AND (SELECT expires_at IS NULL OR expires_at > now() FROM users
  WHERE id = (SELECT user_id FROM accesses WHERE id = $1))`

export const w6: Workload = {
  name: 'W6',
  title: 'one permission check',
  size: 1,
  mark: '"allowed"',
  writes: false,
  byLatency: false,
  raw: { forms: { joined: form('W6 joined', joined), nested: form('W6 nested', nested) }, read },
  graphql: {
    gateway: {
      query: 'query W6($check: PermissionCheck!) { checkPermissions(checks: [$check]) { allowed } }',
      variables: ({ access, permission }) => ({ check: { accessId: access, permissionId: permission } }),
      read: ({ checkPermissions: [decision] }: { readonly checkPermissions: readonly [Decision] }) => read(decision),
    },
    postgraphile: {
      query: `query W6($access: Int!, $permission: String!) {
        allowed: benchIsAllowed(access: $access, permission: $permission)
      }`,
      variables: ({ access, permission }) => ({ access, permission }),
      read,
    },
    plain: {
      query: 'query W6($access: Int!, $permission: String!) { allowed(access: $access, permission: $permission) }',
      variables: ({ access, permission }) => ({ access, permission }),
      read,
    },
  },
  cerbos: {
    path: '/api/check/resources',
    mark: '"EFFECT_',
    body: ({ access, permission, roles }) => ({
      // It takes no principal without a role.
      principal: { id: String(access), roles: roles.length === 0 ? ['none'] : roles },
      resources: [{ resource: { kind: cerbosResource, id: '1' }, actions: [permission] }],
    }),
    read: ({ results: [{ actions }] }: CerbosAnswer) => Object.values(actions)[0] === 'EFFECT_ALLOW',
  },
}

/** What PostGraphile's query calls. */
export const isAllowedFunction = `
CREATE OR REPLACE FUNCTION bench.is_allowed(access integer, permission text) RETURNS boolean
LANGUAGE sql STABLE AS $$ ${joined.replace('$1', 'access').replace('$2', 'permission')} $$;`
