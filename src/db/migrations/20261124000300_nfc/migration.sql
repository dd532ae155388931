-- Names and mail addresses are in Unicode's normalization form C: é is one character, and not two that look the same. What
-- clients search for is brought into it as well, so that indexes still answer. An identity provider's identifiers stay as
-- it writes them.

-- Two mail addresses may become one then.
DO $$
DECLARE
    repeated text;
BEGIN
    SELECT string_agg(ids, '; ') INTO repeated FROM (
        SELECT string_agg(id::text, ', ' ORDER BY id) AS ids FROM users
        GROUP BY organization_id, lower(normalize(email, NFC)) HAVING count(*) > 1 ORDER BY 1 LIMIT 20
    ) AS found;
    IF repeated IS NOT NULL THEN
        RAISE EXCEPTION 'these users (the first 20 groups) have mail addresses that look the same, correct them: %', repeated;
    END IF;
END
$$;

UPDATE "users" SET
    "firstname" = normalize("firstname", NFC), "lastname" = normalize("lastname", NFC), "email" = normalize("email", NFC)
WHERE NOT ("firstname" IS NFC NORMALIZED AND "lastname" IS NFC NORMALIZED AND "email" IS NFC NORMALIZED);

UPDATE "accesses" SET "name" = normalize("name", NFC) WHERE "name" IS NOT NFC NORMALIZED;

UPDATE "tokens" SET "name" = normalize("name", NFC) WHERE "name" IS NOT NFC NORMALIZED;

ALTER TABLE "users" ADD CONSTRAINT "users_nfc_check"
    CHECK ("firstname" IS NFC NORMALIZED AND "lastname" IS NFC NORMALIZED AND "email" IS NFC NORMALIZED);

ALTER TABLE "accesses" ADD CONSTRAINT "accesses_nfc_check" CHECK ("name" IS NFC NORMALIZED);

ALTER TABLE "tokens" ADD CONSTRAINT "tokens_nfc_check" CHECK ("name" IS NFC NORMALIZED);
