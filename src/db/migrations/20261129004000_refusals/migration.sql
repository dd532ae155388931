-- What was refused or has failed is in the audit trail, too: why, how often where it was so again and again, and what of it
-- tells more. A gateway of the version before writes none of the columns, and goes on with the defaults while it is replaced.
ALTER TABLE "audit_events"
    ADD COLUMN "reason" TEXT,
    ADD COLUMN "detail" JSONB,
    ADD COLUMN "count" INTEGER NOT NULL DEFAULT 1;

-- Checked of what is new: a trail may be long.
ALTER TABLE "audit_events"
    ADD CONSTRAINT "audit_events_outcome_check" CHECK ("outcome" IN ('SUCCESS', 'REFUSED', 'FAILED')) NOT VALID,
    ADD CONSTRAINT "audit_events_count_check" CHECK ("count" > 0) NOT VALID;
