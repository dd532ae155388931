-- The roles of an access stand beside its row, in one text: they are read with every access that anything is asked of, and to
-- look for them among all assignments took most of the time of that. Between two ids stands U+0001; before the end of those that
-- have one, in milliseconds since the epoch, U+0002. Of a role that is held more than once, the last end counts.
CREATE FUNCTION "held_roles_among"("accesses" INTEGER[]) RETURNS TABLE ("access_id" INTEGER, "roles" TEXT)
STABLE LANGUAGE sql AS $$
    SELECT each.access_id, string_agg(
        each.role_id || coalesce(E'\x02' || (extract(epoch FROM each.ends) * 1000)::bigint, ''), E'\x01' ORDER BY each.role_id)
    FROM (
        SELECT held.access_id, held.role_id,
            CASE WHEN bool_and(held.valid_until IS NOT NULL) THEN max(held.valid_until) END AS ends
        FROM public.role_assignments AS held WHERE held.access_id = ANY($1) GROUP BY held.access_id, held.role_id
    ) AS each
    GROUP BY each.access_id
$$;

ALTER TABLE "accesses" ADD COLUMN "held_roles" TEXT;

-- Writes the table once and its indexes anew, instead of each row beside its old one.
CREATE FUNCTION "held_roles_of"("access" INTEGER) RETURNS TEXT STABLE LANGUAGE sql AS $$
    SELECT roles FROM public."held_roles_among"(ARRAY[$1])
$$;
ALTER TABLE "accesses" ALTER COLUMN "held_roles" TYPE TEXT USING "held_roles_of"("id");
DROP FUNCTION "held_roles_of";

-- Who changes what the same access holds at the same moment waits for the row, and then sees what the other one has done,
-- because each statement of a volatile function has a snapshot of its own. The order of the ids keeps those who change several
-- from waiting for each other.
CREATE FUNCTION "keep_held_roles"("changed" INTEGER[]) RETURNS void VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM public."accesses" WHERE "id" = ANY("changed") ORDER BY "id" FOR NO KEY UPDATE;
    UPDATE public."accesses" SET "held_roles" = held.roles
    FROM unnest("changed") AS going(id) LEFT JOIN public."held_roles_among"("changed") AS held ON held.access_id = going.id
    WHERE "accesses"."id" = going.id AND "accesses"."held_roles" IS DISTINCT FROM held.roles;
END
$$;

CREATE FUNCTION "roles_assigned"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."keep_held_roles"((SELECT array_agg(DISTINCT "access_id") FROM "after"));
    RETURN NULL;
END
$$;

CREATE FUNCTION "assignments_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."keep_held_roles"((
        SELECT array_agg("access_id") FROM (SELECT "access_id" FROM "before" UNION SELECT "access_id" FROM "after") AS changed
    ));
    RETURN NULL;
END
$$;

CREATE FUNCTION "roles_withdrawn"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."keep_held_roles"((SELECT array_agg(DISTINCT "access_id") FROM "before"));
    RETURN NULL;
END
$$;

CREATE FUNCTION "all_roles_withdrawn"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public."accesses" SET "held_roles" = NULL WHERE "held_roles" IS NOT NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER "roles_assigned" AFTER INSERT ON "role_assignments"
    REFERENCING NEW TABLE AS "after" FOR EACH STATEMENT EXECUTE FUNCTION "roles_assigned"();
CREATE TRIGGER "assignments_changed" AFTER UPDATE ON "role_assignments"
    REFERENCING OLD TABLE AS "before" NEW TABLE AS "after" FOR EACH STATEMENT EXECUTE FUNCTION "assignments_changed"();
CREATE TRIGGER "roles_withdrawn" AFTER DELETE ON "role_assignments"
    REFERENCING OLD TABLE AS "before" FOR EACH STATEMENT EXECUTE FUNCTION "roles_withdrawn"();
CREATE TRIGGER "all_roles_withdrawn" AFTER TRUNCATE ON "role_assignments"
    FOR EACH STATEMENT EXECUTE FUNCTION "all_roles_withdrawn"();

-- As it was, but compared by sorting or hashing: a plan that was made for few rows would compare each of many with all others.
CREATE OR REPLACE FUNCTION "accesses_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."count_organization_versions"((
        SELECT array_agg(DISTINCT changed."organization_id")
        FROM (
            SELECT "id", "user_id", "organization_id" FROM "before" EXCEPT SELECT "id", "user_id", "organization_id" FROM "after"
        ) AS changed
    ));
    RETURN NULL;
END
$$;

-- What has been removed holds nothing.
CREATE OR REPLACE VIEW "every_access" WITH (security_invoker = true) AS
    SELECT "id", "organization_id", "user_id", "type", "name", "sso_id", "two_fa_enabled", "language", "last_login_at",
        "created_at", "created_by", "updated_at", "updated_by", "held_roles"
    FROM "accesses"
    UNION ALL
    SELECT "id", "organization_id", "user_id", "type", "name", "sso_id", "two_fa_enabled", "language", "last_login_at",
        "created_at", "created_by", "updated_at", "updated_by", NULL
    FROM "removed_accesses";

ANALYZE "accesses";
