-- A zone has one spelling: lower case, no final dot, labels of letters, digits, hyphens and underscores, internationalized
-- ones as A-labels. What differs from it by case or by the final dot is brought into it, and what is said twice then, once.
-- What names no zone is left to people: the migration names the rows and changes nothing.

-- Whether the text is the name of a zone in its one spelling.
CREATE FUNCTION "is_canonical_zone"(zone text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN length(zone) <= 253
        AND zone COLLATE "C" ~ '^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$';

-- Whether every resource in what a token may be used for is one, in its one spelling: `zone:example.com`.
CREATE FUNCTION "has_canonical_resources"(scopes jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT coalesce(bool_and(left(resource, 5) = 'zone:' AND is_canonical_zone(substr(resource, 6))), true)
        FROM (
            SELECT jsonb_path_query(scopes, '$.**.resources[*]') #>> '{}'
            UNION ALL SELECT jsonb_path_query(scopes, '$.**.resource ? (@ != null)') #>> '{}'
        ) AS resources (resource)
    );

CREATE FUNCTION "canonical_zone"(zone text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(lower(zone COLLATE "C"), '\.$', '')
$$;

CREATE FUNCTION "canonical_resource"(resource jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN resource #>> '{}' LIKE 'zone:%'
        THEN to_jsonb('zone:' || canonical_zone(substr(resource #>> '{}', 6))) ELSE resource END
$$;

-- The entries of a list, each where it is first.
CREATE FUNCTION "distinct_entries"(list jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(entry ORDER BY place), '[]')
    FROM (
        SELECT entry, min(place) AS place FROM jsonb_path_query(list, '$[*]') WITH ORDINALITY AS entries (entry, place)
        GROUP BY entry
    ) AS firsts
$$;

CREATE FUNCTION "canonical_permission"(permission jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT permission || jsonb_build_object('resources',
        distinct_entries((SELECT coalesce(jsonb_agg(canonical_resource(resource) ORDER BY place), '[]')
            FROM jsonb_path_query(permission, '$.resources[*]') WITH ORDINALITY AS resources (resource, place))))
$$;

CREATE FUNCTION "canonical_rights"(rights jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT rights || jsonb_build_object(
        'roles', distinct_entries((
            SELECT coalesce(jsonb_agg(role || jsonb_build_object('resource', canonical_resource(role -> 'resource')) ORDER BY place), '[]')
            FROM jsonb_path_query(rights, '$.roles[*]') WITH ORDINALITY AS roles (role, place))),
        'permissions', distinct_entries((
            SELECT coalesce(jsonb_agg(canonical_permission(permission) ORDER BY place), '[]')
            FROM jsonb_path_query(rights, '$.permissions[*]') WITH ORDINALITY AS permissions (permission, place))))
$$;

CREATE FUNCTION "canonical_scopes"(scopes jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT scopes || jsonb_build_object(
        'organizationScopes', CASE WHEN jsonb_typeof(scopes -> 'organizationScopes') = 'object'
            THEN canonical_rights(scopes -> 'organizationScopes') END,
        'servicesScopes', (
            SELECT coalesce(jsonb_agg(canonical_rights(service) ORDER BY place), '[]')
            FROM jsonb_path_query(scopes, '$.servicesScopes[*]') WITH ORDINALITY AS services (service, place)))
$$;

-- Where an access holds a role on two spellings of one zone, it holds it once.
DELETE FROM "role_assignments" AS repeated USING "role_assignments" AS kept
WHERE repeated.resource_type = 'ZONE' AND kept.resource_type = 'ZONE'
    AND kept.access_id = repeated.access_id AND kept.role_id = repeated.role_id AND kept.id < repeated.id
    AND canonical_zone(kept.resource_id) = canonical_zone(repeated.resource_id);

UPDATE "role_assignments" SET resource_id = canonical_zone(resource_id)
WHERE resource_type = 'ZONE' AND NOT is_canonical_zone(resource_id);

UPDATE "tokens" SET allowed_scopes = canonical_scopes(allowed_scopes) WHERE NOT has_canonical_resources(allowed_scopes);

DROP FUNCTION "canonical_scopes", "canonical_rights", "canonical_permission", "distinct_entries", "canonical_resource", "canonical_zone";

DO $$
DECLARE
    strays text;
BEGIN
    SELECT string_agg(place, ', ') INTO strays FROM (
        (SELECT 'role_assignments ' || id FROM role_assignments
            WHERE resource_type = 'ZONE' AND NOT is_canonical_zone(resource_id) ORDER BY id LIMIT 20)
        UNION ALL (SELECT 'tokens ' || id FROM tokens WHERE NOT has_canonical_resources(allowed_scopes) ORDER BY id LIMIT 20)
    ) AS found (place);
    IF strays IS NOT NULL THEN
        RAISE EXCEPTION 'these rows, the first 20 of each table, name zones that are none (correct or delete them): %', strays;
    END IF;
END
$$;

ALTER TABLE "role_assignments"
    ADD CONSTRAINT "role_assignments_zone_check" CHECK ("resource_type" <> 'ZONE' OR is_canonical_zone("resource_id"));

ALTER TABLE "tokens" ADD CONSTRAINT "tokens_allowed_scopes_resources_check" CHECK (has_canonical_resources("allowed_scopes"));
