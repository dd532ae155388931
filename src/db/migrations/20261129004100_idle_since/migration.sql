-- A token that nobody uses may stop by itself. What it is unused since is kept beside each token, so that what ends by then is
-- found by an index: since its last use, or since it was issued or last switched off or on.
ALTER TABLE "tokens" ADD COLUMN "idle_since" TIMESTAMPTZ(3) NOT NULL GENERATED ALWAYS AS (
    greatest("created_at", "last_used_at", "deactivated_updated_on")
) STORED;

CREATE INDEX "tokens_organization_id_idle_since_id_idx" ON "tokens"("organization_id", "idle_since", "id");
CREATE INDEX "tokens_idle_since_id_idx" ON "tokens"("idle_since", "id");

-- The new column is planned with from the first statement on.
ANALYZE "tokens";
