-- What a request under a key came to is the business of the operation that was asked for: not every change makes a token.
ALTER TABLE "idempotency_keys" ADD COLUMN "outcome" JSONB;
UPDATE "idempotency_keys" SET "outcome" = jsonb_build_object('tokenId', "token_id");
ALTER TABLE "idempotency_keys" ALTER COLUMN "outcome" SET NOT NULL;

-- DropForeignKey
ALTER TABLE "idempotency_keys" DROP CONSTRAINT "idempotency_keys_organization_id_token_id_fkey";

-- DropIndex
DROP INDEX "idempotency_keys_organization_id_token_id_idx";

-- AlterTable
ALTER TABLE "idempotency_keys" DROP COLUMN "token_id";
