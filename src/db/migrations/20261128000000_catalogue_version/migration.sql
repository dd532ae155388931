-- Gateways keep the catalogue of roles and permissions in memory. Whatever changes it counts the version up in the same
-- transaction, and each statement that leads to the catalogue reads the version with what it reads: so a copy is never
-- older than what led to it.
CREATE TABLE "catalogue_version" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "version" BIGINT NOT NULL,

    CONSTRAINT "catalogue_version_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "catalogue_version_one_row_check" CHECK ("id" = 1)
);

INSERT INTO "catalogue_version" ("version") VALUES (1);

CREATE FUNCTION "count_catalogue_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public."catalogue_version" SET "version" = "version" + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER "roles_catalogue_version" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "roles"
    FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_version"();
CREATE TRIGGER "permissions_catalogue_version" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "permissions"
    FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_version"();
CREATE TRIGGER "role_permissions_catalogue_version" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "role_permissions"
    FOR EACH STATEMENT EXECUTE FUNCTION "count_catalogue_version"();
