-- Names are sorted and compared by Unicode's root collation (CLDR, through ICU), not by what the database happens to have
-- been created with: "van Dyk" stands before "Zulu", "Ångström" among the As, and ZÜRICH finds Zürich in any database.
-- It is deterministic: only equal texts are equal.

-- Mail addresses are unique whatever their case. In the locale C that held for ASCII only.
DO $$
DECLARE
    repeated text;
BEGIN
    SELECT string_agg(ids, '; ') INTO repeated FROM (
        SELECT string_agg(id::text, ', ' ORDER BY id) AS ids FROM users
        GROUP BY organization_id, lower(email COLLATE "und-x-icu") HAVING count(*) > 1 ORDER BY 1 LIMIT 20
    ) AS found;
    IF repeated IS NOT NULL THEN
        RAISE EXCEPTION 'these users (the first 20 groups) have mail addresses that differ by case only, correct them: %', repeated;
    END IF;
END
$$;

ALTER TABLE "users"
    ALTER COLUMN "firstname" TYPE TEXT COLLATE "und-x-icu",
    ALTER COLUMN "lastname" TYPE TEXT COLLATE "und-x-icu",
    ALTER COLUMN "email" TYPE TEXT COLLATE "und-x-icu",
    ALTER COLUMN "phone" TYPE TEXT COLLATE "und-x-icu";

ALTER TABLE "accesses"
    ALTER COLUMN "name" TYPE TEXT COLLATE "und-x-icu",
    ALTER COLUMN "sso_id" TYPE TEXT COLLATE "und-x-icu";

ALTER TABLE "tokens" ALTER COLUMN "name" TYPE TEXT COLLATE "und-x-icu";

-- CreateIndex
CREATE INDEX "users_organization_id_firstname_id_idx" ON "users"("organization_id", "firstname", "id");

-- CreateIndex
CREATE INDEX "users_organization_id_email_id_idx" ON "users"("organization_id", "email", "id");

-- CreateIndex
CREATE INDEX "accesses_organization_id_name_id_idx" ON "accesses"("organization_id", "name", "id");

-- CreateIndex
CREATE INDEX "tokens_organization_id_name_id_idx" ON "tokens"("organization_id", "name", "id");
