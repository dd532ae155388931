/** The part of the bulk seed's statement that inserts organizations and users. */
import { byte, hashOf, mailForm, officeHours, oneOf, uuidOf, wide } from './draws.ts'
import { bulkLastnames, firstnamesPerLanguage, lastnamesPerLanguage, nameLanguages } from './names.ts'
import {
  accessIdsPerUser,
  firstAccessId,
  firstCustomerId,
  firstLargeUser,
  foundedDaysAgo,
  largeOrganization,
  organizationsPerBlock,
  shares,
  usersPerBlock,
} from './ranges.ts'

const sectors = ['Hosting', 'Logistics', 'Press', 'Foods', 'Travel', 'Media', 'Bank', 'Clinics', 'Software', 'Energy']

/** Numbers that are kept free for fiction by Ofcom, the Bundesnetzagentur and Arcep, in the order of the languages. */
const phones = ['+44 1632 960', '+49 30 23125 ', '+33 1 99 00 4']

/**
 * Draws the users that are due, and the founders of their blocks even where those are not due: everybody else's authors
 * are among them. `h` is the hash that a user's properties are drawn from, `tenant` the number of the organization.
 */
const draw = `
drawn AS MATERIALIZED (
  SELECT i, i >= ${firstLargeUser} AS is_large,
    CASE WHEN i < ${firstLargeUser} THEN i % ${usersPerBlock} < ${organizationsPerBlock} ELSE i = ${firstLargeUser} END
      AS is_founder,
    ${hashOf('user', 'i')} AS h
  FROM (
    SELECT generate_series($1::int, $2::int - 1)
    UNION
    SELECT block * ${usersPerBlock} + k
    FROM generate_series($1::int / ${usersPerBlock}, ($2::int - 1) / ${usersPerBlock}) AS block,
      generate_series(0, ${organizationsPerBlock} - 1) AS k
    WHERE $1::int < ${firstLargeUser}
    UNION
    SELECT ${firstLargeUser} WHERE $1::int >= ${firstLargeUser}
  ) AS numbers (i)
),
placed AS MATERIALIZED (
  SELECT i, is_founder, h,
    CASE
      WHEN is_large THEN ${largeOrganization}
      ELSE i / ${usersPerBlock} * ${organizationsPerBlock} + CASE
        WHEN is_founder THEN i % ${usersPerBlock}
        ELSE width_bucket(${wide('h', 0)} % 1000, ARRAY[${shares.join(', ')}])
      END
    END AS tenant,
    width_bucket(${byte('h', 2)}, ARRAY[128, 205]) AS tongue,
    CASE WHEN is_founder THEN ${foundedDaysAgo} ELSE 30 + ${wide('h', 13)} % 2000 END AS age
  FROM drawn
),
person AS MATERIALIZED (
  SELECT i, h, is_founder, tenant, tongue, age,
    ${uuidOf('user', 'i')} AS id,
    ${uuidOf('organization', 'tenant')} AS organization_id,
    ($4::text[])[1 + tongue * ${firstnamesPerLanguage} + ${byte('h', 3)} % ${firstnamesPerLanguage}] AS firstname,
    ($5::text[])[1 + tongue * ${lastnamesPerLanguage} + ${wide('h', 4)} % ${lastnamesPerLanguage}] AS lastname,
    ($5::text[])[1 + tenant * 37 % ${bulkLastnames.length}] AS house,
    NOT is_founder AND ${byte('h', 6)} < 160 AS is_federated,
    CASE
      WHEN is_founder OR ${byte('h', 7)} >= 28 THEN NULL
      WHEN ${byte('h', 7)} < 10 THEN -1 - ${byte('h', 8)} * (age - 16) / 256
      ELSE 1 + 2 * ${byte('h', 8)}
    END AS ends_in,
    $3::timestamptz - interval '1 day' * age
      + CASE WHEN is_founder THEN interval '0' ELSE ${officeHours('h', 15)} END AS created_at
  FROM placed
)`

const organizations = `
organization AS MATERIALIZED (
  SELECT tenant, organization_id AS id,
    house || ' ' || ${oneOf(sectors, 'tenant')} AS name,
    ${mailForm('house')} || '-' || ${firstCustomerId} + tenant || '.example' AS domain,
    ${uuidOf('identity provider', 'tenant')} AS idp_id,
    jsonb_build_object('accessId', ${firstAccessId} + ${accessIdsPerUser} * i, 'userId', id,
      'firstname', firstname, 'lastname', lastname) AS founder,
    jsonb_build_object('userId', ${uuidOf('departed', 'tenant')}, 'firstname', firstname, 'lastname', house) AS departed
  FROM person
  WHERE is_founder
),
inserted_organization AS (
  INSERT INTO organizations (id, customer_id, name)
  SELECT id, ${firstCustomerId} + tenant, name FROM organization
  ON CONFLICT (id) DO NOTHING
  RETURNING id
),
inserted_provider AS (
  INSERT INTO identity_providers (id, domain, organization_id)
  SELECT idp_id, domain, id FROM organization
  ON CONFLICT (id) DO NOTHING
  RETURNING id
)`

const users = `
due AS MATERIALIZED (
  SELECT person.*, organization.domain, organization.idp_id, organization.departed,
    ${oneOf(nameLanguages, 'tongue')}::language AS language,
    ${mailForm('left(firstname, 1) || lastname')} || i AS account,
    CASE
      WHEN is_founder OR ${byte('h', 17)} < 24 THEN NULL
      WHEN ${byte('h', 17)} < 56 THEN organization.departed
      ELSE organization.founder
    END AS created_by
  FROM person JOIN organization USING (tenant)
  WHERE i >= $1::int AND i < $2::int
),
inserted_user AS (
  INSERT INTO users (id, organization_id, firstname, lastname, email, acct, idp_id, expires_at, phone, language,
    created_at, created_by, updated_at, updated_by)
  SELECT id, organization_id, firstname, lastname,
    ${mailForm("firstname || '.' || lastname")} || '.' || i || '@' || domain,
    CASE WHEN is_federated OR ${byte('h', 12)} < 40 THEN account END,
    CASE WHEN is_federated THEN idp_id END,
    $3::timestamptz::date + ends_in,
    CASE WHEN ${byte('h', 9)} >= 64 THEN ${oneOf(phones, 'tongue')}
      || lpad((${wide('h', 10)} % 1000)::text, 3, '0') || '-' || 100 + ${wide('h', 23)} % 9900 END,
    language, created_at, created_by,
    created_at + CASE
      WHEN ${byte('h', 18)} < 150 THEN interval '0'
      ELSE interval '1 day' * (age * ${byte('h', 19)} / 256)
    END,
    CASE WHEN ${byte('h', 18)} >= 150 AND ${byte('h', 20)} < 32 THEN departed ELSE created_by END
  FROM due
  RETURNING id
)`

/** From `drawn` to `inserted_user`. The CTE `due` has the inserted users with their domain and authors. */
export const peopleParts = [draw, organizations, users].join(',')
