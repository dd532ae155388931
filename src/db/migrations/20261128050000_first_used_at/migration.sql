-- Whether everybody has moved to a token that took the place of another one shows in when it was first used.
ALTER TABLE "tokens" ADD COLUMN "first_used_at" TIMESTAMPTZ(3);
UPDATE "tokens" SET "first_used_at" = "last_used_at" WHERE "last_used_at" IS NOT NULL;
