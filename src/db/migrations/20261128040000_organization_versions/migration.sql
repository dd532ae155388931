-- Gateways remember who their callers are. Whatever may take something from a caller counts up the version of its organization
-- in the same transaction and tells those who listen; and who has missed that finds it by the number of the transaction.
CREATE TABLE "organization_versions" (
    "organization_id" UUID NOT NULL,
    "version" BIGINT NOT NULL,
    "changed_in" BIGINT NOT NULL,

    CONSTRAINT "organization_versions_pkey" PRIMARY KEY ("organization_id")
);

CREATE INDEX "organization_versions_changed_in_idx" ON "organization_versions"("changed_in");

-- A subject that names nobody may be a service. One that named a user who was removed is not.
CREATE TABLE "removed_users" (
    "id" UUID NOT NULL,

    CONSTRAINT "removed_users_pkey" PRIMARY KEY ("id")
);

CREATE FUNCTION "count_organization_versions"("changed" UUID[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    counted RECORD;
BEGIN
    FOR counted IN
        INSERT INTO public."organization_versions" AS known ("organization_id", "version", "changed_in")
        SELECT DISTINCT id, 1, pg_current_xact_id()::text::bigint FROM unnest("changed") AS id WHERE id IS NOT NULL ORDER BY id
        ON CONFLICT ("organization_id") DO UPDATE
            SET "version" = known."version" + 1, "changed_in" = EXCLUDED."changed_in"
        RETURNING "organization_id" AS id, "version"
    LOOP
        PERFORM pg_notify('iam_graph_organizations', counted.id || ' ' || counted."version");
    END LOOP;
END
$$;

CREATE FUNCTION "organizations_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."count_organization_versions"((SELECT array_agg(id) FROM "before"));
    RETURN NULL;
END
$$;

CREATE FUNCTION "users_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."count_organization_versions"((
        SELECT array_agg(DISTINCT was."organization_id")
        FROM "before" AS was LEFT JOIN "after" AS became ON became."id" = was."id"
        WHERE (was."expires_at", was."organization_id") IS DISTINCT FROM (became."expires_at", became."organization_id")
    ));
    RETURN NULL;
END
$$;

CREATE FUNCTION "users_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public."removed_users" SELECT "id" FROM "before" ON CONFLICT DO NOTHING;
    PERFORM public."count_organization_versions"((SELECT array_agg(DISTINCT "organization_id") FROM "before"));
    RETURN NULL;
END
$$;

CREATE FUNCTION "accesses_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."count_organization_versions"((
        SELECT array_agg(DISTINCT was."organization_id")
        FROM "before" AS was LEFT JOIN "after" AS became ON became."id" = was."id"
        WHERE (was."user_id", was."organization_id") IS DISTINCT FROM (became."user_id", became."organization_id")
    ));
    RETURN NULL;
END
$$;

-- Not when one is used, which is written now and then.
CREATE FUNCTION "tokens_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."count_organization_versions"((
        SELECT array_agg(DISTINCT was."organization_id")
        FROM "before" AS was LEFT JOIN "after" AS became ON became."id" = was."id"
        WHERE (was."organization_id", was."access_id", was."secret_hash", was."scope", was."allowed_scopes", was."expires_at",
            was."deactivated", was."revoked_at", was."only_operations")
        IS DISTINCT FROM (became."organization_id", became."access_id", became."secret_hash", became."scope", became."allowed_scopes",
            became."expires_at", became."deactivated", became."revoked_at", became."only_operations")
    ));
    RETURN NULL;
END
$$;

CREATE FUNCTION "rows_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."count_organization_versions"((SELECT array_agg(DISTINCT "organization_id") FROM "before"));
    RETURN NULL;
END
$$;

CREATE TRIGGER "organizations_removed" AFTER DELETE ON "organizations"
    REFERENCING OLD TABLE AS "before" FOR EACH STATEMENT EXECUTE FUNCTION "organizations_removed"();
CREATE TRIGGER "users_changed" AFTER UPDATE ON "users"
    REFERENCING OLD TABLE AS "before" NEW TABLE AS "after" FOR EACH STATEMENT EXECUTE FUNCTION "users_changed"();
CREATE TRIGGER "users_removed" AFTER DELETE ON "users"
    REFERENCING OLD TABLE AS "before" FOR EACH STATEMENT EXECUTE FUNCTION "users_removed"();
CREATE TRIGGER "accesses_changed" AFTER UPDATE ON "accesses"
    REFERENCING OLD TABLE AS "before" NEW TABLE AS "after" FOR EACH STATEMENT EXECUTE FUNCTION "accesses_changed"();
CREATE TRIGGER "accesses_removed" AFTER DELETE ON "accesses"
    REFERENCING OLD TABLE AS "before" FOR EACH STATEMENT EXECUTE FUNCTION "rows_removed"();
CREATE TRIGGER "tokens_changed" AFTER UPDATE ON "tokens"
    REFERENCING OLD TABLE AS "before" NEW TABLE AS "after" FOR EACH STATEMENT EXECUTE FUNCTION "tokens_changed"();
CREATE TRIGGER "tokens_removed" AFTER DELETE ON "tokens"
    REFERENCING OLD TABLE AS "before" FOR EACH STATEMENT EXECUTE FUNCTION "rows_removed"();
