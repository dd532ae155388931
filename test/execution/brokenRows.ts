/** Rows that break what the schema takes for granted, so that fields fail in the middle of answers. */
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import type { Harness } from '../support/harness.ts'

const dropConstraints = `DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT conrelid::regclass AS "table", conname FROM pg_constraint
    WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
  LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.table, found.conname); END LOOP;
END $$`

const nobody = '00000000-0000-4000-8000-00000000dead'

/** Breaks them, in all three organizations. */
export async function breakRows({ prisma }: Pick<Harness, 'prisma'>): Promise<void> {
  const access = (key: string) => `id = ${demoAccess(key).accessId}`
  const user = (email: string) => `id = '${demoAccess(email).person.userId}'`
  const token = (name: string) => `id = ${demoTokenId(name)}`
  const stranger = demoAccess('etienne.lefevre@lumiere.example').person.userId

  const statements = [
    dropConstraints,
    `ALTER TYPE language ADD VALUE 'IT'`,
    `ALTER TYPE access_type ADD VALUE 'UNHEARD_OF'`,

    // A column that an access of its type must have, but has not.
    `UPDATE accesses SET two_fa_enabled = NULL WHERE ${access('tobias.kramer@lakeside.example')}`,
    `UPDATE accesses SET sso_id = NULL WHERE ${access('grace.whitfield@lakeside.example')}`,
    `UPDATE accesses SET name = NULL WHERE ${access('Provisioning')}`,
    `UPDATE accesses SET language = NULL WHERE ${access('Certificate bot')}`,
    `UPDATE accesses SET name = NULL WHERE type = 'PROFILE' AND organization_id =
      (SELECT id FROM organizations WHERE customer_id = 2)`,

    // Links that lead to nothing, or to nothing that the caller may see.
    `UPDATE accesses SET user_id = '${stranger}' WHERE ${access('samuel.okafor@lakeside.example')}`,
    `UPDATE accesses SET user_id = '${nobody}' WHERE ${access('Uptime probe')}`,
    `UPDATE users SET organization_id = '${nobody}' WHERE ${user('svenja.lorenz@lakeside.example')}`,
    `UPDATE users SET idp_id = '${nobody}' WHERE ${user('chloe.sinclair@lakeside.example')}`,
    `UPDATE role_assignments SET role_id = 'vanished' WHERE access_${access('leila.haddad@lakeside.example')} AND role_id = 'domain-reader'`,
    `UPDATE role_assignments SET role_id = 'vanished' WHERE access_${access('Déploiement')} AND role_id = 'acme-solver'`,
    `INSERT INTO role_permissions (role_id, permission_id) VALUES ('zone-reader', 'vanished')`,
    `UPDATE tokens SET access_id = 999999 WHERE ${token('terraform plan')}`,
    `UPDATE tokens SET rotated_from = 999999 WHERE ${token('Terraform Cloud')}`,

    // Values that no type of the graph has.
    `UPDATE users SET language = 'IT' WHERE ${user('niamh.oconnor@lakeside.example')}`,
    `UPDATE accesses SET type = 'UNHEARD_OF' WHERE ${access('jonas.weiss@lakeside.example')}`,
    `UPDATE accesses SET last_login_at = 'infinity' WHERE ${access('hannah.vogel@lakeside.example')}`,
    `UPDATE accesses SET last_login_at = '12345-01-01' WHERE ${access('felix.brandt@lakeside.example')}`,
    `UPDATE accesses SET created_at = '0044-03-15 BC' WHERE ${access('Terraform')}`,
    `UPDATE users SET expires_at = 'infinity' WHERE ${user('priya.raman@lakeside.example')}`,
    `UPDATE users SET expires_at = '10000-01-01' WHERE ${user('oliver.bennett@lakeside.example')}`,
    `UPDATE tokens SET expires_at = 'infinity' WHERE ${token('Provisioning portal')}`,
    `UPDATE tokens SET scope = ARRAY['a', NULL, 'b'] WHERE ${token('Joiners & leavers')}`,
    `UPDATE tokens SET allowed_scopes = '{}' WHERE ${token('Certificate bot')}`,
    `UPDATE tokens SET allowed_scopes = '{ "generalScopes": ["openid", null], "servicesScopes": [null], "organizationScopes":
      { "roles": [{ "name": "auditor", "resource": "no resource" }], "permissions": [{ "permissionId": null }] } }'
      WHERE ${token('Provisioning staging')}`,
  ]
  for (const statement of statements) await prisma.$executeRawUnsafe(statement)
}
