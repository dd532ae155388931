-- Tokens can be bound to documents: what they may run is kept as the SHA-256 of each, in hexadecimal digits. None: any.
-- A gateway of the version before writes no such column, and goes on with the default while it is replaced.
ALTER TABLE "tokens"
    ADD COLUMN "only_operations" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    ADD CONSTRAINT "tokens_only_operations_check" CHECK (
        array_position("only_operations", NULL) IS NULL
        AND array_to_string("only_operations", ' ') ~ '^([0-9a-f]{64}( [0-9a-f]{64})*)?$'
    );
