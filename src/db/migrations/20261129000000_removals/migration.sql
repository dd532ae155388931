-- Users and accesses can be removed although tokens were issued for them: those never vanish, and go on saying for whom they
-- were. What such a token leads to is kept apart from what is there, so that nothing else finds it.
CREATE TABLE "removed_accesses" (
    "id" INTEGER NOT NULL,
    "organization_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "type" "access_type" NOT NULL,
    "name" TEXT COLLATE "und-x-icu",
    "sso_id" TEXT COLLATE "und-x-icu",
    "two_fa_enabled" BOOLEAN,
    "language" "language",
    "last_login_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" JSONB,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" JSONB,

    CONSTRAINT "removed_accesses_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "removed_accesses_organization_id_id_key" ON "removed_accesses"("organization_id", "id");

-- CreateIndex
CREATE INDEX "removed_accesses_user_id_idx" ON "removed_accesses"("user_id");

-- AddForeignKey
ALTER TABLE "removed_accesses" ADD CONSTRAINT "removed_accesses_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Of a user that no token leads to, nothing is kept but the id.
ALTER TABLE "removed_users"
    ADD COLUMN "organization_id" UUID,
    ADD COLUMN "firstname" TEXT COLLATE "und-x-icu",
    ADD COLUMN "lastname" TEXT COLLATE "und-x-icu",
    ADD COLUMN "email" TEXT COLLATE "und-x-icu",
    ADD COLUMN "acct" TEXT,
    ADD COLUMN "idp_id" UUID,
    ADD COLUMN "expires_at" DATE,
    ADD COLUMN "phone" TEXT COLLATE "und-x-icu",
    ADD COLUMN "language" "language",
    ADD COLUMN "created_at" TIMESTAMPTZ(3),
    ADD COLUMN "created_by" JSONB,
    ADD COLUMN "updated_at" TIMESTAMPTZ(3),
    ADD COLUMN "updated_by" JSONB,
    ADD CONSTRAINT "removed_users_snapshot_check" CHECK ("firstname" IS NULL
        OR num_nulls("organization_id", "lastname", "email", "language", "created_at", "updated_at") = 0);

CREATE OR REPLACE FUNCTION "users_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public."removed_users" ("id", "organization_id") SELECT "id", "organization_id" FROM "before"
    ON CONFLICT DO NOTHING;
    PERFORM public."count_organization_versions"((SELECT array_agg(DISTINCT "organization_id") FROM "before"));
    RETURN NULL;
END
$$;

-- A token leads to an access that is there, or to one that was: then it is revoked.
ALTER TABLE "tokens"
    ADD COLUMN "access_removed" BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN "live_access_id" INTEGER GENERATED ALWAYS AS (CASE WHEN NOT "access_removed" THEN "access_id" END) STORED,
    ADD COLUMN "removed_access_id" INTEGER GENERATED ALWAYS AS (CASE WHEN "access_removed" THEN "access_id" END) STORED,
    ADD CONSTRAINT "tokens_access_removed_check" CHECK (NOT "access_removed" OR "revoked_at" IS NOT NULL);

-- DropForeignKey
ALTER TABLE "tokens" DROP CONSTRAINT "tokens_organization_id_access_id_fkey";

-- CreateIndex
CREATE INDEX "tokens_live_access_id_idx" ON "tokens"("live_access_id");

-- AddForeignKey
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_organization_id_live_access_id_fkey" FOREIGN KEY ("organization_id", "live_access_id") REFERENCES "accesses"("organization_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_organization_id_removed_access_id_fkey" FOREIGN KEY ("organization_id", "removed_access_id") REFERENCES "removed_accesses"("organization_id", "id") ON DELETE NO ACTION ON UPDATE NO ACTION;

-- What tokens lead to: what is there, and what was. An id that has been given again is that of what is there.
CREATE VIEW "every_access" WITH (security_invoker = true) AS
    SELECT "id", "organization_id", "user_id", "type", "name", "sso_id", "two_fa_enabled", "language", "last_login_at",
        "created_at", "created_by", "updated_at", "updated_by"
    FROM "accesses"
    UNION ALL
    SELECT "id", "organization_id", "user_id", "type", "name", "sso_id", "two_fa_enabled", "language", "last_login_at",
        "created_at", "created_by", "updated_at", "updated_by"
    FROM "removed_accesses" AS removed WHERE NOT EXISTS (SELECT FROM "accesses" WHERE "accesses"."id" = removed."id");

CREATE VIEW "every_user" WITH (security_invoker = true) AS
    SELECT "id", "organization_id", "firstname", "lastname", "email", "acct", "idp_id", "expires_at", "phone", "language",
        "created_at", "created_by", "updated_at", "updated_by"
    FROM "users"
    UNION ALL
    SELECT "id", "organization_id", "firstname", "lastname", "email", "acct", "idp_id", "expires_at", "phone", "language",
        "created_at", "created_by", "updated_at", "updated_by"
    FROM "removed_users" AS removed
    WHERE "firstname" IS NOT NULL AND NOT EXISTS (SELECT FROM "users" WHERE "users"."id" = removed."id");
