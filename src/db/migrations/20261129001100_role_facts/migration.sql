-- What changes of roles are decided on, as it is once nobody else changes the same any more: each of these waits for its turn
-- and then looks in a snapshot of its own, whatever its statement saw before.

-- What an access holds, and what the API token that it came with leaves of that: as JSON, for who decides what it may give.
CREATE FUNCTION "rights_of"("organization" UUID, "access" INTEGER, "token" INTEGER, "today" DATE)
RETURNS TEXT VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT json_build_object(
            'assignments', (
                SELECT coalesce(json_agg(json_build_array(held.role_id, held.resource_type, held.resource_id, held.valid_until)
                    ORDER BY held.id), '[]')
                FROM public.role_assignments AS held
                WHERE held.organization_id = "organization" AND held.access_id = "access"),
            'isOver', coalesce((
                SELECT owner.expires_at < "today" FROM public.accesses AS holder
                JOIN public.users AS owner ON owner.organization_id = holder.organization_id AND owner.id = holder.user_id
                WHERE holder.id = "access"), false),
            'token', (
                SELECT given.allowed_scopes -> 'organizationScopes' FROM public.tokens AS given
                WHERE given.id = "token" AND given.access_id = "access"),
            'version', (SELECT version FROM public.catalogue_version))::text
    );
END
$$;

-- The assignment of the role on the resource to the access, once it is the turn of its organization; none where there is none.
CREATE FUNCTION "assignment_now"(
    "organization" UUID, "access" INTEGER, "role" TEXT, "type" "resource_type", "resource" TEXT
) RETURNS SETOF "role_assignments" VOLATILE ROWS 1 LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."take_turn_of_organization"("organization");
    RETURN QUERY
        SELECT held.* FROM public.role_assignments AS held
        WHERE held.organization_id = "organization" AND held.access_id = "access" AND held.role_id = "role"
            AND held.resource_type IS NOT DISTINCT FROM "type" AND held.resource_id IS NOT DISTINCT FROM "resource";
END
$$;

-- Whether there is such a role.
CREATE FUNCTION "is_role_now"("role" TEXT) RETURNS BOOLEAN VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.roles WHERE roles.id = "role");
END
$$;

-- The role with what it permits, once it is the turn of the catalogue: as JSON, null where there is none. How many accesses
-- have an assignment of it, and which of these permissions there are none of, in their order.
CREATE FUNCTION "role_now"("role" TEXT, "named" TEXT[]) RETURNS JSONB VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."take_turn_of_all"();
    RETURN jsonb_build_object(
        'description', (SELECT roles.description FROM public.roles WHERE roles.id = "role"),
        'permissions', ARRAY(
            SELECT has.permission_id FROM public.role_permissions AS has
            WHERE has.role_id = "role" ORDER BY has.permission_id COLLATE "C"),
        'holders', (SELECT count(DISTINCT held.access_id) FROM public.role_assignments AS held WHERE held.role_id = "role"),
        'unknown', ARRAY(
            SELECT id FROM unnest("named") WITH ORDINALITY AS each(id, place)
            WHERE NOT EXISTS (SELECT FROM public.permissions WHERE permissions.id = each.id) ORDER BY place));
END
$$;

-- The version of the catalogue counts what changes it: a statement that was refused, and so has changed no row of it, does not.
CREATE FUNCTION "count_catalogue_rows"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM "changed") THEN
        UPDATE public."catalogue_version" SET "version" = "version" + 1;
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER "roles_catalogue_version" ON "roles";
CREATE TRIGGER "roles_inserted" AFTER INSERT ON "roles"
    REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "roles_updated" AFTER UPDATE ON "roles"
    REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "roles_deleted" AFTER DELETE ON "roles"
    REFERENCING OLD TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "roles_truncated" AFTER TRUNCATE ON "roles"
    FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_version"();

DROP TRIGGER "permissions_catalogue_version" ON "permissions";
CREATE TRIGGER "permissions_inserted" AFTER INSERT ON "permissions"
    REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "permissions_updated" AFTER UPDATE ON "permissions"
    REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "permissions_deleted" AFTER DELETE ON "permissions"
    REFERENCING OLD TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "permissions_truncated" AFTER TRUNCATE ON "permissions"
    FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_version"();

DROP TRIGGER "role_permissions_catalogue_version" ON "role_permissions";
CREATE TRIGGER "role_permissions_inserted" AFTER INSERT ON "role_permissions"
    REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "role_permissions_updated" AFTER UPDATE ON "role_permissions"
    REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "role_permissions_deleted" AFTER DELETE ON "role_permissions"
    REFERENCING OLD TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_rows"();
CREATE TRIGGER "role_permissions_truncated" AFTER TRUNCATE ON "role_permissions"
    FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_version"();
