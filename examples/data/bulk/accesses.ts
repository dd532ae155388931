/** The part of the bulk seed's statement that inserts accesses and role assignments. */
import { assignableRoles } from './assignableRoles.ts'
import { byte, hashOf, officeHours, oneOf } from './draws.ts'
import { accessIdsPerUser, assignmentIdsPerAccess, firstAccessId } from './ranges.ts'

const machines = ['Terraform', 'Pipeline', 'Backup', 'Monitoring', 'DNS sync', 'Certificates', 'Inventory', 'Reports']
const duties = ['On call', 'Night shift', 'Approvals', 'Support', 'Project', 'Stand-in', 'Training', 'Review']
const hosts = ['www', 'shop', 'api', 'mail', 'blog', 'cdn', 'dev', 'test']

/** `g` is the hash that an access's properties are drawn from; `since` and `days` say how old it is. */
const ways = `
way AS MATERIALIZED (
  SELECT due.*, access_id, k, ${hashOf('access', 'access_id')} AS g,
    CASE
      WHEN k > 0 AND (k = 1) = (${byte('h', 22)} < 150) THEN 'API_CONNECTION'
      WHEN k > 0 THEN 'PROFILE'
      WHEN is_federated THEN 'SSO_CONNECTION'
      ELSE 'UI_CONNECTION'
    END::access_type AS type,
    due.created_at + interval '7 days' * k AS since,
    age - 7 * k AS days
  FROM due
    CROSS JOIN generate_series(0, 2) AS k
    CROSS JOIN LATERAL (SELECT ${firstAccessId} + ${accessIdsPerUser} * i + k) AS numbered (access_id)
  WHERE k <= width_bucket(${byte('h', 21)}, ARRAY[140, 218])
)`

/** A founder's first access holds the role of administrators before anything else. */
const isHighest = '(is_founder AND k + j = 0)'

const assignments = `
held AS MATERIALIZED (
  SELECT way.*, j,
    CASE WHEN ${isHighest} THEN 'administrator' ELSE ($6::text[])[pick] END AS role_id,
    ($8::text[])[pick] AS permission_id,
    CASE WHEN ($7::boolean[])[pick] AND NOT ${isHighest} AND get_byte(g, 7 + j) < 110
      THEN ${oneOf(hosts, 'get_byte(g, 11 + j)')} || '.' || domain END AS zone
  FROM way
    CROSS JOIN generate_series(0, 3) AS j
    -- A step of four meets no role twice, because the number of roles divides neither four, eight nor twelve.
    CROSS JOIN LATERAL (SELECT 1 + (${byte('g', 6)} + 4 * j) % ${assignableRoles.length}) AS picked (pick)
  WHERE j <= width_bucket(${byte('g', 5)}, ARRAY[120, 190, 230])
)`

/** What each access holds goes with its row, as the triggers of assignments would write it: so they need not write it again. */
const inserted = `
summary AS MATERIALIZED (
  SELECT access_id, string_agg(DISTINCT role_id, E'\\x01' ORDER BY role_id) AS held_roles FROM held GROUP BY access_id
),
inserted_access AS (
  INSERT INTO accesses (id, organization_id, user_id, type, name, sso_id, two_fa_enabled, language, last_login_at,
    created_at, created_by, updated_at, updated_by, held_roles)
  SELECT access_id, organization_id, id, type,
    CASE type
      WHEN 'API_CONNECTION' THEN ${oneOf(machines, byte('g', 4))} || ' ' || i
      WHEN 'PROFILE' THEN ${oneOf(duties, byte('g', 4))}
    END,
    CASE type WHEN 'SSO_CONNECTION' THEN account || '@' || domain END,
    CASE type WHEN 'UI_CONNECTION' THEN ${byte('g', 16)} < 180 END,
    CASE type WHEN 'API_CONNECTION' THEN language END,
    CASE WHEN ${byte('g', 0)} >= 40 THEN $3::timestamptz + ${officeHours('g', 2)}
      - interval '1 day' * greatest(1 + (days - 2) * (${byte('g', 1)} * ${byte('g', 1)}) / 65025, -ends_in) END,
    since, created_by, since, created_by, held_roles
  FROM way LEFT JOIN summary USING (access_id)
  RETURNING id
),
inserted_assignment AS (
  INSERT INTO role_assignments (id, organization_id, access_id, role_id, resource_type, resource_id)
  SELECT ${assignmentIdsPerAccess} * access_id + j, organization_id, access_id, role_id,
    CASE WHEN zone IS NOT NULL THEN 'ZONE'::resource_type END, zone
  FROM held
  RETURNING id
)`

/** From `way` to `inserted_assignment`. The CTE `held` has the inserted assignments with their accesses. */
export const accessParts = [ways, assignments, inserted].join(',')
