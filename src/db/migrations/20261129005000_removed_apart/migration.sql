-- What is there again is no longer what was removed: then an id is that of one row, and both together are looked up along
-- their indexes. A condition on what was removed would make the planner read all of what is there.
CREATE FUNCTION "accesses_given_again"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public."removed_accesses" JOIN "added" USING ("id")) THEN
        UPDATE public."tokens" SET "access_removed" = false FROM "added" WHERE "tokens"."removed_access_id" = "added"."id";
        DELETE FROM public."removed_accesses" USING "added" WHERE "removed_accesses"."id" = "added"."id";
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER "accesses_given_again" AFTER INSERT ON "accesses"
    REFERENCING NEW TABLE AS "added" FOR EACH STATEMENT EXECUTE FUNCTION "accesses_given_again"();

CREATE FUNCTION "users_given_again"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM public."removed_users" USING "added" WHERE "removed_users"."id" = "added"."id";
    RETURN NULL;
END
$$;

CREATE TRIGGER "users_given_again" AFTER INSERT ON "users"
    REFERENCING NEW TABLE AS "added" FOR EACH STATEMENT EXECUTE FUNCTION "users_given_again"();

UPDATE "tokens" SET "access_removed" = false FROM "accesses"
WHERE "tokens"."removed_access_id" = "accesses"."id" AND "tokens"."organization_id" = "accesses"."organization_id";
DELETE FROM "removed_accesses" USING "accesses" WHERE "removed_accesses"."id" = "accesses"."id";
DELETE FROM "removed_users" USING "users" WHERE "removed_users"."id" = "users"."id";

-- Tokens lead to removed users only of whom there is everything.
CREATE OR REPLACE VIEW "every_access" WITH (security_invoker = true) AS
    SELECT "id", "organization_id", "user_id", "type", "name", "sso_id", "two_fa_enabled", "language", "last_login_at",
        "created_at", "created_by", "updated_at", "updated_by"
    FROM "accesses"
    UNION ALL
    SELECT "id", "organization_id", "user_id", "type", "name", "sso_id", "two_fa_enabled", "language", "last_login_at",
        "created_at", "created_by", "updated_at", "updated_by"
    FROM "removed_accesses";

CREATE OR REPLACE VIEW "every_user" WITH (security_invoker = true) AS
    SELECT "id", "organization_id", "firstname", "lastname", "email", "acct", "idp_id", "expires_at", "phone", "language",
        "created_at", "created_by", "updated_at", "updated_by"
    FROM "users"
    UNION ALL
    SELECT "id", "organization_id", "firstname", "lastname", "email", "acct", "idp_id", "expires_at", "phone", "language",
        "created_at", "created_by", "updated_at", "updated_by"
    FROM "removed_users";
