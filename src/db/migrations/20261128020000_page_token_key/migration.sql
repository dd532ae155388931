-- What page tokens are sealed with: one key for all gateways of a database, so that each opens what another one sealed, before
-- and after a restart. Who can read it can read everything that a page token leads to.
CREATE TABLE "page_token_key" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "key" BYTEA NOT NULL,

    CONSTRAINT "page_token_key_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "page_token_key_one_row_check" CHECK ("id" = 1),
    CONSTRAINT "page_token_key_length_check" CHECK (octet_length("key") = 32)
);

-- Of the 128 bits of each UUID 122 are random, from the server's source for secrets.
INSERT INTO "page_token_key" ("key")
VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
