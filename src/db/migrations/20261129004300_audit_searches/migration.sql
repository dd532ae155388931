-- What an organization's trail is searched by, newest first: what happened seldom or long ago is found without going through
-- everything that happened since.
CREATE INDEX "audit_events_organization_id_actor_id_idx" ON "audit_events"("organization_id", ("actor" ->> 'userId'), "id");
CREATE INDEX "audit_events_organization_id_action_id_idx" ON "audit_events"("organization_id", "action", "id");
CREATE INDEX "audit_events_organization_id_target_type_id_idx" ON "audit_events"("organization_id", "target_type", "id");

-- What was refused or has failed is a small part of the trail, in which either is read past in the index.
CREATE INDEX "audit_events_organization_id_unsuccessful_idx" ON "audit_events"("organization_id", "id", "outcome")
    WHERE "outcome" <> 'SUCCESS';

-- The actors, which the table had no statistics on, are planned with from the first statement on.
ANALYZE "audit_events";
