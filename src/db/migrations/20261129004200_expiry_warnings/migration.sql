-- Somebody is told before a token ends that is in use. One gateway looks for all of a database, now and then: whose turn it is,
-- is a row that each of them tries to take.
CREATE TABLE "expiry_warnings" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "looked_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "expiry_warnings_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "expiry_warnings_one_row_check" CHECK ("id" = 1)
);

INSERT INTO "expiry_warnings" ("looked_at") VALUES ('epoch');

-- Of the same end it is told once for each distance, whoever looks and however often.
CREATE UNIQUE INDEX "audit_events_expiring_key" ON "audit_events"("target_id", ("after" ->> 'endsAt'), ("after" ->> 'days'))
    WHERE "action" = 'token.expiring';
