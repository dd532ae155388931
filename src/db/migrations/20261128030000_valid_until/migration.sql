-- An assignment may end by itself: from this instant on it counts no more. Whoever evaluates it decides so, no job takes it away.
ALTER TABLE "role_assignments" ADD COLUMN "valid_until" TIMESTAMPTZ(3);

-- Who holds a role is still answered by an index alone.
DROP INDEX "role_assignments_role_id_organization_id_access_id_idx", "role_assignments_role_id_access_id_idx";

-- CreateIndex
CREATE INDEX "role_assignments_role_id_organization_id_access_id_valid_un_idx" ON "role_assignments"("role_id", "organization_id", "access_id", "valid_until");

-- CreateIndex
CREATE INDEX "role_assignments_role_id_access_id_valid_until_idx" ON "role_assignments"("role_id", "access_id", "valid_until");
