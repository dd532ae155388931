-- Trigram indexes answer searches for any part of a text.
CREATE EXTENSION IF NOT EXISTS "pg_trgm";

-- CreateEnum
CREATE TYPE "language" AS ENUM ('EN', 'FR', 'DE');

-- CreateEnum
CREATE TYPE "access_type" AS ENUM ('UI_CONNECTION', 'SSO_CONNECTION', 'API_CONNECTION', 'PROFILE');

-- CreateEnum
CREATE TYPE "resource_type" AS ENUM ('ZONE');

-- CreateTable
CREATE TABLE "organizations" (
    "id" UUID NOT NULL,
    "customer_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "organizations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "identity_providers" (
    "id" UUID NOT NULL,
    "domain" TEXT NOT NULL,
    "organization_id" UUID NOT NULL,

    CONSTRAINT "identity_providers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "organization_id" UUID NOT NULL,
    "firstname" TEXT NOT NULL,
    "lastname" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "acct" TEXT,
    "idp_id" UUID,
    "expires_at" DATE,
    "phone" TEXT,
    "language" "language" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" JSONB,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" JSONB,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "accesses" (
    "id" SERIAL NOT NULL,
    "organization_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "type" "access_type" NOT NULL,
    "name" TEXT,
    "sso_id" TEXT,
    "two_fa_enabled" BOOLEAN,
    "language" "language",
    "last_login_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" JSONB,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" JSONB,

    CONSTRAINT "accesses_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "roles" (
    "id" TEXT NOT NULL,
    "description" TEXT NOT NULL,

    CONSTRAINT "roles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "permissions" (
    "id" TEXT NOT NULL,
    "description" TEXT NOT NULL,

    CONSTRAINT "permissions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_permissions" (
    "role_id" TEXT NOT NULL,
    "permission_id" TEXT NOT NULL,

    CONSTRAINT "role_permissions_pkey" PRIMARY KEY ("role_id","permission_id")
);

-- CreateTable
CREATE TABLE "role_assignments" (
    "id" SERIAL NOT NULL,
    "organization_id" UUID NOT NULL,
    "access_id" INTEGER NOT NULL,
    "role_id" TEXT NOT NULL,
    "resource_type" "resource_type",
    "resource_id" TEXT,

    CONSTRAINT "role_assignments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tokens" (
    "id" SERIAL NOT NULL,
    "organization_id" UUID NOT NULL,
    "access_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "hint" TEXT NOT NULL,
    "scope" TEXT[],
    "allowed_scopes" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" JSONB,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" JSONB,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "deactivated" BOOLEAN NOT NULL DEFAULT false,
    "deactivated_updated_by" JSONB,
    "deactivated_updated_on" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "rotated_from" INTEGER,

    CONSTRAINT "tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "id" BIGSERIAL NOT NULL,
    "organization_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "subject" TEXT NOT NULL,
    "actor" JSONB,
    "actor_token_id" INTEGER,
    "action" TEXT NOT NULL,
    "target_type" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB,
    "outcome" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "organization_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "token_id" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("organization_id","subject","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "organizations_customer_id_key" ON "organizations"("customer_id");

-- CreateIndex
CREATE INDEX "identity_providers_domain_idx" ON "identity_providers"("domain");

-- CreateIndex
CREATE UNIQUE INDEX "identity_providers_organization_id_id_key" ON "identity_providers"("organization_id", "id");

-- CreateIndex
CREATE INDEX "users_organization_id_idp_id_idx" ON "users"("organization_id", "idp_id");

-- CreateIndex
CREATE INDEX "users_organization_id_created_at_id_idx" ON "users"("organization_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "users_organization_id_expires_at_id_idx" ON "users"("organization_id", "expires_at", "id");

-- CreateIndex
CREATE INDEX "users_organization_id_lastname_id_idx" ON "users"("organization_id", "lastname", "id");

-- CreateIndex
CREATE INDEX "users_organization_id_language_id_idx" ON "users"("organization_id", "language", "id");

-- CreateIndex
CREATE INDEX "users_firstname_idx" ON "users" USING GIN ("firstname" gin_trgm_ops);

-- CreateIndex
CREATE INDEX "users_lastname_idx" ON "users" USING GIN ("lastname" gin_trgm_ops);

-- CreateIndex
CREATE INDEX "users_email_idx" ON "users" USING GIN ("email" gin_trgm_ops);

-- CreateIndex
CREATE INDEX "users_phone_idx" ON "users" USING GIN ("phone" gin_trgm_ops);

-- CreateIndex
CREATE UNIQUE INDEX "users_organization_id_id_key" ON "users"("organization_id", "id");

-- CreateIndex
CREATE INDEX "accesses_organization_id_user_id_idx" ON "accesses"("organization_id", "user_id");

-- CreateIndex
CREATE INDEX "accesses_user_id_last_login_at_idx" ON "accesses"("user_id", "last_login_at");

-- CreateIndex
CREATE INDEX "accesses_organization_id_type_id_idx" ON "accesses"("organization_id", "type", "id");

-- CreateIndex
CREATE INDEX "accesses_organization_id_created_at_id_idx" ON "accesses"("organization_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "accesses_organization_id_last_login_at_id_idx" ON "accesses"("organization_id", "last_login_at", "id");

-- CreateIndex
CREATE INDEX "accesses_organization_id_two_fa_enabled_idx" ON "accesses"("organization_id", "two_fa_enabled");

-- CreateIndex
CREATE INDEX "accesses_name_idx" ON "accesses" USING GIN ("name" gin_trgm_ops);

-- CreateIndex
CREATE INDEX "accesses_sso_id_idx" ON "accesses" USING GIN ("sso_id" gin_trgm_ops);

-- CreateIndex
CREATE UNIQUE INDEX "accesses_organization_id_id_key" ON "accesses"("organization_id", "id");

-- CreateIndex
CREATE INDEX "role_permissions_permission_id_idx" ON "role_permissions"("permission_id");

-- CreateIndex
CREATE INDEX "role_assignments_organization_id_access_id_idx" ON "role_assignments"("organization_id", "access_id");

-- CreateIndex
CREATE INDEX "role_assignments_role_id_organization_id_access_id_idx" ON "role_assignments"("role_id", "organization_id", "access_id");

-- CreateIndex
CREATE UNIQUE INDEX "role_assignments_access_id_role_id_resource_type_resource_i_key" ON "role_assignments"("access_id", "role_id", "resource_type", "resource_id") NULLS NOT DISTINCT;

-- CreateIndex
CREATE UNIQUE INDEX "tokens_secret_hash_key" ON "tokens"("secret_hash");

-- CreateIndex
CREATE INDEX "tokens_organization_id_access_id_idx" ON "tokens"("organization_id", "access_id");

-- CreateIndex
CREATE INDEX "tokens_organization_id_created_at_id_idx" ON "tokens"("organization_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "tokens_organization_id_expires_at_id_idx" ON "tokens"("organization_id", "expires_at", "id");

-- CreateIndex
CREATE INDEX "tokens_organization_id_last_used_at_id_idx" ON "tokens"("organization_id", "last_used_at", "id");

-- CreateIndex
CREATE INDEX "tokens_organization_id_deactivated_idx" ON "tokens"("organization_id", "deactivated");

-- CreateIndex
CREATE INDEX "tokens_name_idx" ON "tokens" USING GIN ("name" gin_trgm_ops);

-- CreateIndex
CREATE UNIQUE INDEX "tokens_organization_id_id_key" ON "tokens"("organization_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "tokens_organization_id_rotated_from_key" ON "tokens"("organization_id", "rotated_from");

-- CreateIndex
CREATE INDEX "audit_events_organization_id_at_idx" ON "audit_events"("organization_id", "at");

-- CreateIndex
CREATE INDEX "audit_events_target_type_target_id_idx" ON "audit_events"("target_type", "target_id");

-- CreateIndex
CREATE INDEX "idempotency_keys_organization_id_token_id_idx" ON "idempotency_keys"("organization_id", "token_id");

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

-- AddForeignKey
ALTER TABLE "identity_providers" ADD CONSTRAINT "identity_providers_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_organization_id_idp_id_fkey" FOREIGN KEY ("organization_id", "idp_id") REFERENCES "identity_providers"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "accesses" ADD CONSTRAINT "accesses_organization_id_user_id_fkey" FOREIGN KEY ("organization_id", "user_id") REFERENCES "users"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_permissions" ADD CONSTRAINT "role_permissions_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_permissions" ADD CONSTRAINT "role_permissions_permission_id_fkey" FOREIGN KEY ("permission_id") REFERENCES "permissions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_assignments" ADD CONSTRAINT "role_assignments_organization_id_access_id_fkey" FOREIGN KEY ("organization_id", "access_id") REFERENCES "accesses"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_assignments" ADD CONSTRAINT "role_assignments_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "roles"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_organization_id_access_id_fkey" FOREIGN KEY ("organization_id", "access_id") REFERENCES "accesses"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_organization_id_rotated_from_fkey" FOREIGN KEY ("organization_id", "rotated_from") REFERENCES "tokens"("organization_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_organization_id_token_id_fkey" FOREIGN KEY ("organization_id", "token_id") REFERENCES "tokens"("organization_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows can't be said in schema.prisma.

-- Mail addresses are unique within an organization whatever their case.
CREATE UNIQUE INDEX "users_organization_id_lower_email_key" ON "users"("organization_id", lower("email"));

-- The author's snapshot survives what it points at, so no foreign key holds it together; its shape is checked instead.
ALTER TABLE "users"
    ADD CONSTRAINT "users_created_by_check" CHECK ("created_by" ?& ARRAY['userId', 'firstname', 'lastname']),
    ADD CONSTRAINT "users_updated_by_check" CHECK ("updated_by" ?& ARRAY['userId', 'firstname', 'lastname']);

-- Each type of access has its own columns, no fewer and no more.
ALTER TABLE "accesses"
    ADD CONSTRAINT "accesses_ui_connection_check" CHECK ("type" <> 'UI_CONNECTION'
        OR "two_fa_enabled" IS NOT NULL AND num_nonnulls("name", "sso_id", "language") = 0),
    ADD CONSTRAINT "accesses_sso_connection_check" CHECK ("type" <> 'SSO_CONNECTION'
        OR "sso_id" IS NOT NULL AND num_nonnulls("name", "language", "two_fa_enabled") = 0),
    ADD CONSTRAINT "accesses_api_connection_check" CHECK ("type" <> 'API_CONNECTION'
        OR num_nulls("name", "language") = 0 AND num_nonnulls("sso_id", "two_fa_enabled") = 0),
    ADD CONSTRAINT "accesses_profile_check" CHECK ("type" <> 'PROFILE'
        OR "name" IS NOT NULL AND num_nonnulls("sso_id", "language", "two_fa_enabled") = 0),
    ADD CONSTRAINT "accesses_created_by_check" CHECK ("created_by" ?& ARRAY['userId', 'firstname', 'lastname']),
    ADD CONSTRAINT "accesses_updated_by_check" CHECK ("updated_by" ?& ARRAY['userId', 'firstname', 'lastname']);

ALTER TABLE "role_assignments"
    ADD CONSTRAINT "role_assignments_resource_check" CHECK (num_nulls("resource_type", "resource_id") IN (0, 2));

ALTER TABLE "tokens"
    ADD CONSTRAINT "tokens_name_check" CHECK (char_length("name") BETWEEN 1 AND 200),
    ADD CONSTRAINT "tokens_secret_hash_check" CHECK (octet_length("secret_hash") = 32),
    ADD CONSTRAINT "tokens_hint_check" CHECK (char_length("hint") = 4),
    ADD CONSTRAINT "tokens_allowed_scopes_check" CHECK (jsonb_typeof("allowed_scopes") = 'object'),
    ADD CONSTRAINT "tokens_expires_at_check" CHECK ("expires_at" > "created_at"),
    ADD CONSTRAINT "tokens_created_by_check" CHECK ("created_by" ?& ARRAY['userId', 'firstname', 'lastname']),
    ADD CONSTRAINT "tokens_updated_by_check" CHECK ("updated_by" ?& ARRAY['userId', 'firstname', 'lastname']),
    ADD CONSTRAINT "tokens_deactivated_updated_by_check"
        CHECK ("deactivated_updated_by" ?& ARRAY['userId', 'firstname', 'lastname']);

ALTER TABLE "audit_events"
    ADD CONSTRAINT "audit_events_actor_check" CHECK ("actor" ?& ARRAY['userId', 'firstname', 'lastname']);

ALTER TABLE "idempotency_keys"
    ADD CONSTRAINT "idempotency_keys_request_hash_check" CHECK (octet_length("request_hash") = 32);

-- The audit trail only ever grows.
CREATE FUNCTION "refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_events"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();
