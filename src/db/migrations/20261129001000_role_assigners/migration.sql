-- An organization keeps an access that may assign roles, and nobody takes that from the own one. Whatever takes roles away, or
-- who holds them, asks these functions what would be left of it. They take turns: who comes second sees what the first has
-- done, because each statement of a volatile function has a snapshot of its own.

-- The assignments by which somebody may assign roles: in force at the instant, everywhere, of who can sign in. It is lasting
-- where neither it nor its user has an end.
CREATE FUNCTION "role_assigners"("permission" TEXT, "at" TIMESTAMPTZ, "today" DATE)
RETURNS TABLE ("assignment_id" INTEGER, "organization_id" UUID, "access_id" INTEGER, "role_id" TEXT, "is_lasting" BOOLEAN)
STABLE LANGUAGE sql AS $$
    SELECT held.id, held.organization_id, held.access_id, held.role_id, held.valid_until IS NULL AND owner.expires_at IS NULL
    FROM public.role_permissions AS has
    JOIN public.role_assignments AS held ON held.role_id = has.role_id
    JOIN public.accesses AS holder ON holder.organization_id = held.organization_id AND holder.id = held.access_id
    JOIN public.users AS owner ON owner.organization_id = holder.organization_id AND owner.id = holder.user_id
    WHERE has.permission_id = $1 AND held.resource_type IS NULL AND holder.type <> 'PROFILE'
        AND (held.valid_until IS NULL OR held.valid_until > $2)
        AND (owner.expires_at IS NULL OR owner.expires_at >= $3)
$$;

-- Waits until nobody else changes who holds roles in the organization, and keeps others from it until the transaction ends.
CREATE FUNCTION "take_turn_of_organization"("organization" UUID) RETURNS void VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(72707373, 0);
    PERFORM pg_advisory_xact_lock(hashtextextended('iam_graph_role_assigners ' || "organization", 0));
END
$$;

-- The same of all organizations.
CREATE FUNCTION "take_turn_of_all"() RETURNS void VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(72707373, 0);
END
$$;

-- What becomes of who may assign roles in the organization where an assignment, or all of an access, or of a user, count no
-- more from an instant on; null: at once. 'last' where none would be left, or none that lasts where one did; 'own' where that
-- is so of the own access; else 'stays'. Of what goes, exactly one is not null.
CREATE FUNCTION "role_assigners_after"(
    "permission" TEXT, "at" TIMESTAMPTZ, "today" DATE, "own_access" INTEGER, "organization" UUID,
    "going_assignment" INTEGER, "going_access" INTEGER, "going_user" UUID, "going_from" TIMESTAMPTZ
) RETURNS TEXT VOLATILE LANGUAGE plpgsql AS $$
DECLARE
    going INTEGER[];
    goes_at_once BOOLEAN := "going_from" IS NULL OR "going_from" <= "at";
    lasted BOOLEAN;
    own_lasted BOOLEAN;
    own_goes BOOLEAN;
BEGIN
    PERFORM public."take_turn_of_organization"("organization");
    IF "going_from" = 'infinity' THEN RETURN 'stays'; END IF;
    going := ARRAY(
        SELECT held.id FROM public.role_assignments AS held WHERE held.id = "going_assignment"
        UNION ALL SELECT held.id FROM public.role_assignments AS held WHERE held.access_id = "going_access"
        UNION ALL SELECT held.id FROM public.accesses AS holder
            JOIN public.role_assignments AS held ON held.access_id = holder.id WHERE holder.user_id = "going_user"
    );
    SELECT bool_or(was.is_lasting), bool_or(was.is_lasting) FILTER (WHERE was.access_id = "own_access"),
        coalesce(bool_or(was.access_id = "own_access"), false)
    INTO lasted, own_lasted, own_goes
    FROM public.role_assigners("permission", "at", "today") AS was
    WHERE was.organization_id = "organization" AND was.assignment_id = ANY(going);
    IF lasted IS NULL THEN RETURN 'stays'; END IF;
    IF (goes_at_once OR lasted) AND NOT EXISTS (
        SELECT FROM public.role_assigners("permission", "at", "today") AS other
        WHERE other.organization_id = "organization" AND other.assignment_id <> ALL(going) AND (other.is_lasting OR NOT lasted)
    ) THEN
        RETURN 'last';
    END IF;
    IF own_goes AND (goes_at_once OR own_lasted) AND NOT EXISTS (
        SELECT FROM public.role_assigners("permission", "at", "today") AS other
        WHERE other.organization_id = "organization" AND other.access_id = "own_access" AND other.assignment_id <> ALL(going)
            AND (other.is_lasting OR NOT own_lasted)
    ) THEN
        RETURN 'own';
    END IF;
    RETURN 'stays';
END
$$;

-- The same where a role permits it no more, of every organization.
CREATE FUNCTION "role_assigners_without"(
    "permission" TEXT, "at" TIMESTAMPTZ, "today" DATE, "own_access" INTEGER, "going_role" TEXT
) RETURNS TEXT VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public."take_turn_of_all"();
    IF EXISTS (
        SELECT FROM (
            SELECT was.organization_id, bool_or(was.is_lasting) AS lasted
            FROM public.role_assigners("permission", "at", "today") AS was
            WHERE was.role_id = "going_role" GROUP BY was.organization_id
        ) AS going
        WHERE NOT EXISTS (
            SELECT FROM public.role_assigners("permission", "at", "today") AS other
            WHERE other.organization_id = going.organization_id AND other.role_id <> "going_role"
                AND (other.is_lasting OR NOT going.lasted)
        )
    ) THEN
        RETURN 'last';
    END IF;
    IF EXISTS (
        SELECT FROM (
            SELECT bool_or(was.is_lasting) AS lasted
            FROM public.role_assigners("permission", "at", "today") AS was
            WHERE was.role_id = "going_role" AND was.access_id = "own_access" GROUP BY was.access_id
        ) AS going
        WHERE NOT EXISTS (
            SELECT FROM public.role_assigners("permission", "at", "today") AS other
            WHERE other.access_id = "own_access" AND other.role_id <> "going_role" AND (other.is_lasting OR NOT going.lasted)
        )
    ) THEN
        RETURN 'own';
    END IF;
    RETURN 'stays';
END
$$;
