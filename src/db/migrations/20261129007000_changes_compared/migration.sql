-- As they were, but compared by sorting or hashing: each connection keeps the plan of the first change that it makes, and one
-- that was made for few rows would compare each of many with all others.
CREATE OR REPLACE FUNCTION "users_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."count_organization_versions"((
        SELECT array_agg(DISTINCT changed."organization_id")
        FROM (
            SELECT "id", "organization_id", "expires_at" FROM "before"
            EXCEPT SELECT "id", "organization_id", "expires_at" FROM "after"
        ) AS changed
    ));
    RETURN NULL;
END
$$;

-- Not when one is used, which is written now and then.
CREATE OR REPLACE FUNCTION "tokens_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."count_organization_versions"((
        SELECT array_agg(DISTINCT changed."organization_id")
        FROM (
            SELECT "id", "organization_id", "access_id", "secret_hash", "scope", "allowed_scopes", "expires_at", "deactivated",
                "revoked_at", "only_operations"
            FROM "before"
            EXCEPT
            SELECT "id", "organization_id", "access_id", "secret_hash", "scope", "allowed_scopes", "expires_at", "deactivated",
                "revoked_at", "only_operations"
            FROM "after"
        ) AS changed
    ));
    RETURN NULL;
END
$$;
