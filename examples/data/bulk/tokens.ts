/** The part of the bulk seed's statement that inserts API tokens. */
import { byte, hashOf, officeHours, oneOf } from './draws.ts'
import { tokenIdsPerAccess } from './ranges.ts'

const names = ['Production', 'Staging', 'Laptop', 'Nightly job', 'Build server', 'Trial', 'Migration', 'Partner']

/** Everything the access has, one permission of its first role, or that role. */
const organizationScopes = `jsonb_build_object(
      'allPermissions', false,
      'allRoles', ${byte('s', 7)} % 3 = 0,
      'keptInToken', '["ROLES"]'::jsonb,
      'permissions', CASE WHEN ${byte('s', 7)} % 3 = 1 THEN jsonb_build_array(jsonb_build_object(
        'permissionId', permission_id,
        'resources', to_jsonb(array_remove(ARRAY['zone:' || zone], NULL)))) ELSE '[]' END,
      'roles', CASE WHEN ${byte('s', 7)} % 3 = 2 THEN jsonb_build_array(jsonb_build_object(
        'name', role_id, 'resource', 'zone:' || zone)) ELSE '[]' END)`

/**
 * From `token` to `inserted_token`. `s` is the hash that a token's properties are drawn from, and also the hash of its
 * secret: no secret has it, so that nobody can come with a token of the population.
 */
export const tokenParts = `
token AS MATERIALIZED (
  SELECT held.*, token_id, s, fate, issued,
    CASE
      WHEN fate = 'EXPIRED' THEN issued + interval '1 day' * (token_days * ${byte('s', 2)} / 256) + interval '1 hour'
      ELSE $3::timestamptz + interval '1 day' * (400 + 3 * ${byte('s', 2)})
    END AS expires_at,
    CASE WHEN fate IN ('DEACTIVATED', 'REVOKED') THEN
      date_trunc('second', issued + ($3::timestamptz - issued) * ((${byte('s', 5)} + 1) / 257.0)) END AS stopped_at
  FROM held
    CROSS JOIN generate_series(0, 1) AS t
    CROSS JOIN LATERAL (SELECT ${tokenIdsPerAccess} * access_id + t) AS numbered (token_id)
    CROSS JOIN LATERAL (SELECT ${hashOf('token', 'token_id')}) AS hashed (s)
    CROSS JOIN LATERAL (SELECT
      (ARRAY['ACTIVE', 'DEACTIVATED', 'EXPIRED', 'REVOKED'])[1 + width_bucket(${byte('s', 0)}, ARRAY[150, 180, 220])],
      1 + (days - 2) * ${byte('s', 1)} / 256
    ) AS given (fate, token_days)
    CROSS JOIN LATERAL (SELECT
      date_trunc('minute', $3::timestamptz - interval '1 day' * token_days + ${officeHours('s', 8)})
    ) AS started (issued)
  WHERE type = 'API_CONNECTION' AND j = 0 AND t < width_bucket(${byte('g', 15)}, ARRAY[80, 210])
),
inserted_token AS (
  INSERT INTO tokens (id, organization_id, access_id, name, secret_hash, hint, scope, allowed_scopes, created_at,
    created_by, updated_at, updated_by, expires_at, last_used_at, deactivated, deactivated_updated_by,
    deactivated_updated_on, revoked_at)
  SELECT token_id, organization_id, access_id, ${oneOf(names, byte('s', 10))}, s, right(encode(s, 'hex'), 4),
    ${oneOf(['{}', '{users:read}', '{users:read,accesses:read,roles:read}'], byte('s', 6))}::text[],
    jsonb_build_object('generalScopes', '["openid"]'::jsonb, 'servicesScopes', '[]'::jsonb,
      'organizationScopes', ${organizationScopes}),
    issued, created_by, coalesce(stopped_at, issued), created_by, expires_at,
    CASE WHEN ${byte('s', 3)} >= 60 THEN date_trunc('minute',
      issued + (least(stopped_at, expires_at, $3::timestamptz) - issued) * (${byte('s', 4)} / 256.0)) END,
    fate = 'DEACTIVATED',
    CASE WHEN fate = 'DEACTIVATED' THEN created_by END,
    CASE WHEN fate = 'DEACTIVATED' THEN stopped_at END,
    CASE WHEN fate = 'REVOKED' THEN stopped_at END
  FROM token
  RETURNING id
)`
