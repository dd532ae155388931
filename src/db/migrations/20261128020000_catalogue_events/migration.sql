-- What happens to the catalogue of roles and permissions is in the audit trail, too. It belongs to no organization.
ALTER TABLE "audit_events" ALTER COLUMN "organization_id" DROP NOT NULL;
