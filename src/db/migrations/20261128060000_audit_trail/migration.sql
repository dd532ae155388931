-- The trail is read from its end, of one organization or of all.
CREATE INDEX "audit_events_organization_id_id_idx" ON "audit_events"("organization_id", "id");
