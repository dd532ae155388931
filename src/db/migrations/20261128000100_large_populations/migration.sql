-- Whatever is searched, ordered and counted is found by an index at a million users: by callers of one organization, however
-- large it is, and by those of all organizations, whom an index that begins with the organization does not help.

-- Indexes that others serve as well.
DROP INDEX "users_firstname_idx", "users_lastname_idx", "users_email_idx", "users_phone_idx";
DROP INDEX "accesses_name_idx", "accesses_sso_id_idx", "accesses_organization_id_user_id_idx";
DROP INDEX "accesses_organization_id_two_fa_enabled_idx";
DROP INDEX "role_assignments_organization_id_access_id_idx";
DROP INDEX "tokens_name_idx", "tokens_organization_id_access_id_idx", "tokens_organization_id_deactivated_idx";

-- What texts are searched in: one column a row, in the lower case that ILIKE compares by, in which bytes are compared and not
-- characters. No text that is searched for has a line break.
ALTER TABLE "users" ADD COLUMN "search_text" TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (
    lower("firstname") || E'\n' || lower("lastname") || E'\n' || lower("email") || E'\n' || lower(coalesce("phone", ''))
) STORED;
ALTER TABLE "accesses" ADD COLUMN "search_text" TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (
    lower(coalesce("name", '')) || E'\n' || lower(coalesce("sso_id", ''))
) STORED;
ALTER TABLE "tokens" ADD COLUMN "search_text" TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower("name")) STORED;

-- How many rows a text is in, is known from a sample of the rows.
ALTER TABLE "users" ALTER COLUMN "search_text" SET STATISTICS 500;
ALTER TABLE "accesses" ALTER COLUMN "search_text" SET STATISTICS 500;
ALTER TABLE "tokens" ALTER COLUMN "search_text" SET STATISTICS 500;

-- The characters and pairs of characters of a text: trigrams lead to no text that is shorter than they are.
CREATE FUNCTION "short_parts"("whole" TEXT) RETURNS TEXT[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 AS $$
DECLARE
    parts TEXT[] := string_to_array("whole", NULL);
    "character" TEXT;
    previous TEXT := '';
BEGIN
    FOREACH "character" IN ARRAY parts LOOP
        parts := parts || (previous || "character");
        previous := "character";
    END LOOP;
    RETURN parts;
END
$$;

CREATE INDEX "users_search_text_idx" ON "users" USING GIN ("search_text" gin_trgm_ops);
CREATE INDEX "users_short_parts_idx" ON "users" USING GIN (short_parts("search_text"));
CREATE INDEX "accesses_search_text_idx" ON "accesses" USING GIN ("search_text" gin_trgm_ops);
CREATE INDEX "accesses_short_parts_idx" ON "accesses" USING GIN (short_parts("search_text"));
CREATE INDEX "tokens_search_text_idx" ON "tokens" USING GIN ("search_text" gin_trgm_ops);
CREATE INDEX "tokens_short_parts_idx" ON "tokens" USING GIN (short_parts("search_text"));

CREATE INDEX "users_organization_id_updated_at_id_idx" ON "users"("organization_id", "updated_at", "id");
CREATE INDEX "users_lastname_id_idx" ON "users"("lastname", "id");
CREATE INDEX "users_firstname_id_idx" ON "users"("firstname", "id");
CREATE INDEX "users_email_id_idx" ON "users"("email", "id");
CREATE INDEX "users_created_at_id_idx" ON "users"("created_at", "id");
CREATE INDEX "users_updated_at_id_idx" ON "users"("updated_at", "id");
CREATE INDEX "users_expires_at_id_idx" ON "users"("expires_at", "id");
CREATE INDEX "users_lower_email_idx" ON "users"(lower("email"));

CREATE INDEX "accesses_organization_id_two_fa_enabled_id_idx" ON "accesses"("organization_id", "two_fa_enabled", "id");
CREATE INDEX "accesses_organization_id_updated_at_id_idx" ON "accesses"("organization_id", "updated_at", "id");
CREATE INDEX "accesses_type_id_idx" ON "accesses"("type", "id");
CREATE INDEX "accesses_name_id_idx" ON "accesses"("name", "id");
CREATE INDEX "accesses_created_at_id_idx" ON "accesses"("created_at", "id");
CREATE INDEX "accesses_updated_at_id_idx" ON "accesses"("updated_at", "id");
CREATE INDEX "accesses_last_login_at_id_idx" ON "accesses"("last_login_at", "id");

CREATE INDEX "role_assignments_role_id_access_id_idx" ON "role_assignments"("role_id", "access_id");

CREATE INDEX "tokens_access_id_id_idx" ON "tokens"("access_id", "id");
CREATE INDEX "tokens_name_id_idx" ON "tokens"("name", "id");
CREATE INDEX "tokens_created_at_id_idx" ON "tokens"("created_at", "id");
CREATE INDEX "tokens_expires_at_id_idx" ON "tokens"("expires_at", "id");
CREATE INDEX "tokens_last_used_at_id_idx" ON "tokens"("last_used_at", "id");
CREATE INDEX "tokens_deactivated_idx" ON "tokens"("organization_id", "id") WHERE "deactivated";
CREATE INDEX "tokens_revoked_idx" ON "tokens"("organization_id", "id") WHERE "revoked_at" IS NOT NULL;

-- The new columns are planned with from the first statement on.
ANALYZE "users", "accesses", "role_assignments", "tokens";
