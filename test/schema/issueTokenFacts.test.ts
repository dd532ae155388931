/** A token is issued on what is so at that moment, whatever was known before; and it takes one statement. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { graphql } from '../generated/gql.ts'
import type { AllowedScopesInput, IssueTokenInput } from '../generated/graphql.ts'
import { asDemoUser, demoAccessId } from '../support/demoUser.ts'
import { type Caller, createHarness, type Harness } from '../support/harness.ts'
import { untilWaiting } from '../support/locks.ts'

const IssueOnFacts = graphql(`
  mutation IssueOnFacts($input: IssueTokenInput!) {
    issueToken(input: $input) {
      __typename
      ... on Error { code }
      ... on ScopeNotGrantedError { excess }
      ... on TokenPolicyError { limit }
      ... on IssueTokenPayload { secret token { id name createdBy { firstname } } }
    }
  }
`)

const issuing = 'tokens:issue tokens:manage tokens:read users:read'
/** Edits two zones and nothing else. */
const editor = asDemoUser('zoe.hartmann@lakeside.example', issuing)
const editorAccess = Number(demoAccessId('zoe.hartmann@lakeside.example'))
const { administrator } = demoCallers
const { server } = inject('templates')
const onZone = [{ type: 'ZONE', id: 'example.com' }] as const
const permission: AllowedScopesInput = {
  organizationScopes: { permissions: [{ permissionId: 'dns.record.create', resources: [...onZone] }] },
}
const role: AllowedScopesInput = {
  organizationScopes: { roles: [{ name: 'zone-editor', resource: onZone[0] }] },
}
const everything: AllowedScopesInput = { organizationScopes: { allRoles: true } }

describe('what a token is issued on', () => {
  let harness: Harness
  let issued = 0
  let before: number
  /** An access of its own for each test, and its user. */
  let accessId: number
  let userId: string
  beforeAll(async () => {
    harness = await createHarness()
    before = await harness.prisma.token.count()
    const rows = { organizationId: administrator.organizationId, createdAt: harness.now, updatedAt: harness.now }
    const user = await harness.prisma.user.create({
      data: {
        ...rows,
        id: '7f0c6c1e-3f0e-4c7e-9a3c-0c4b8f4d2a11',
        firstname: 'Nadia',
        lastname: 'Novakova',
        email: 'nadia.novak@lakeside.example',
        language: 'EN',
      },
    })
    userId = user.id
    const access = await harness.prisma.access.create({
      data: { ...rows, userId, type: 'UI_CONNECTION', twoFaEnabled: false },
    })
    accessId = access.id
  })
  afterAll(() => harness.close())

  const issue = async (given: Partial<IssueTokenInput> = {}, caller: Caller = editor) => {
    const input = { accessId: String(accessId), name: 'Facts', ...given }
    const { data, errors, statements } = await harness.ask(IssueOnFacts, { input }, caller)
    expect(errors).toBeUndefined()
    if (data?.issueToken.__typename === 'IssueTokenPayload' && data.issueToken.secret !== null) issued += 1
    // Not BEGIN and COMMIT, and not the organization of a caller who comes for the first time.
    return { result: data?.issueToken, statements: statements.filter((text) => text.includes('jsonb_to_recordset')) }
  }
  const isIssued = { __typename: 'IssueTokenPayload' }
  const sql = (statement: string, ...values: unknown[]) => harness.prisma.$executeRawUnsafe(statement, ...values)

  it('is read and written by one statement where no roles matter', async () => {
    const { result, statements } = await issue({ scope: ['users:read'] })
    expect(result).toMatchObject(isIssued)
    expect(statements).toHaveLength(1)
  })

  it('is read and written by one statement where the same roles mattered before, by two the first time', async () => {
    expect(await issue({ allowedScopes: permission })).toMatchObject({ result: isIssued, statements: [{}, {}] })
    const { result, statements } = await issue({ allowedScopes: permission })
    expect(result).toMatchObject(isIssued)
    expect(statements).toHaveLength(1)
  })

  it('is read and written by one statement under a key, too, and so is the answer to a retry found', async () => {
    const first = await issue({ idempotencyKey: 'facts' })
    expect(first.statements).toHaveLength(1)
    const { result, statements } = await issue({ idempotencyKey: 'facts' })
    expect(result).toMatchObject({ ...isIssued, secret: null })
    expect(statements).toHaveLength(1)
  })

  it.each([
    ['permission', permission, ['permission:dns.record.create@zone:example.com']],
    ['role', role, ['role:zone-editor@zone:example.com']],
  ])(
    'is what the issuer holds now: a %s of a role that was withdrawn, and is given again',
    async (_, allowedScopes, excess) => {
      await issue({ allowedScopes })
      expect((await issue({ allowedScopes })).result).toMatchObject(isIssued)
      await sql(
        `UPDATE role_assignments SET resource_id = 'example.org' WHERE access_id = $1 AND resource_id = 'example.com'`,
        editorAccess,
      )
      expect((await issue({ allowedScopes })).result).toMatchObject({ code: 'SCOPE_NOT_GRANTED', excess })
      await sql(
        `UPDATE role_assignments SET resource_id = 'example.com' WHERE access_id = $1 AND resource_id = 'example.org'`,
        editorAccess,
      )
      expect((await issue({ allowedScopes })).result).toMatchObject(isIssued)
    },
  )

  it('is what the issuer holds now: more than before', async () => {
    const allowedScopes = { organizationScopes: { permissions: [{ permissionId: 'dns.zone.read' }] } }
    await issue({ allowedScopes: permission })
    expect((await issue({ allowedScopes })).result).toMatchObject({ code: 'SCOPE_NOT_GRANTED' })
    await sql(
      `INSERT INTO role_assignments (organization_id, access_id, role_id) VALUES ($1::uuid, $2, 'zone-reader')`,
      administrator.organizationId,
      editorAccess,
    )
    expect((await issue({ allowedScopes })).result).toMatchObject(isIssued)
    await sql(`DELETE FROM role_assignments WHERE access_id = $1 AND role_id = 'zone-reader'`, editorAccess)
    expect((await issue({ allowedScopes })).result).toMatchObject({ code: 'SCOPE_NOT_GRANTED' })
  })

  it('is nothing that is held once the time of the issuer’s user is over, for who was allowed it before as well', async () => {
    const issuer = `(SELECT user_id FROM accesses WHERE id = $1)`
    expect((await issue({ allowedScopes: permission })).result).toMatchObject(isIssued)
    await sql(`UPDATE users SET expires_at = '2026-11-20' WHERE id = ${issuer}`, editorAccess)
    expect((await issue({ allowedScopes: permission })).result).toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      excess: ['permission:dns.record.create@zone:example.com'],
    })
    await sql(`UPDATE users SET expires_at = NULL WHERE id = ${issuer}`, editorAccess)
    expect((await issue({ allowedScopes: permission })).result).toMatchObject(isIssued)
  })

  it('is what roles permit now: one of the issuer’s loses a permission', async () => {
    expect((await issue({ allowedScopes: permission })).result).toMatchObject(isIssued)
    await sql(`DELETE FROM role_permissions WHERE role_id = 'zone-editor' AND permission_id = 'dns.record.create'`)
    expect((await issue({ allowedScopes: permission })).result).toMatchObject({ code: 'SCOPE_NOT_GRANTED' })
    await sql(`INSERT INTO role_permissions VALUES ('zone-editor', 'dns.record.create')`)
    expect((await issue({ allowedScopes: permission })).result).toMatchObject(isIssued)
  })

  it('is what roles permit now: one that is asked for gets a permission that the issuer lacks', async () => {
    const allowedScopes = { organizationScopes: { roles: [{ name: 'zone-reader' }] } }
    const reader = asDemoUser('oliver.bennett@lakeside.example', issuing)
    await sql(`INSERT INTO roles VALUES ('fresh', 'Reads zones.')`)
    await sql(`INSERT INTO role_permissions VALUES ('fresh', 'dns.zone.read')`)
    const fresh = { organizationScopes: { roles: [{ name: 'fresh' }] } }
    for (const asked of [allowedScopes, fresh, fresh]) {
      expect((await issue({ allowedScopes: asked }, reader)).result).toMatchObject(isIssued)
    }
    await sql(`INSERT INTO role_permissions VALUES ('fresh', 'dns.zone.delete')`)
    expect((await issue({ allowedScopes: fresh }, reader)).result).toMatchObject({ excess: ['role:fresh'] })
  })

  it('is what the access holds now, where all of that is asked for', async () => {
    const { organizationId } = administrator
    expect((await issue({ allowedScopes: everything })).result).toMatchObject({
      excess: ['organizationScopes.allRoles'],
    })
    await sql(
      `INSERT INTO role_assignments (organization_id, access_id, role_id, resource_type, resource_id)
       VALUES ($1::uuid, $2, 'zone-editor', 'ZONE', 'example.com')`,
      organizationId,
      accessId,
    )
    expect((await issue({ allowedScopes: everything })).result).toMatchObject(isIssued)
    expect((await issue({ allowedScopes: everything })).result).toMatchObject(isIssued)
    await sql(
      `INSERT INTO role_assignments (organization_id, access_id, role_id) VALUES ($1::uuid, $2, 'administrator')`,
      organizationId,
      accessId,
    )
    expect((await issue({ allowedScopes: everything })).result).toMatchObject({
      excess: ['organizationScopes.allRoles'],
    })
    await sql('DELETE FROM role_assignments WHERE access_id = $1', accessId)
  })

  it('is who the caller is now', async () => {
    const { userId: editorId } = await harness.prisma.access.findUniqueOrThrow({ where: { id: editorAccess } })
    expect((await issue()).result).toMatchObject({ token: { createdBy: { firstname: 'Zoë' } } })
    await sql(`UPDATE users SET firstname = 'Zora' WHERE id = $1::uuid`, editorId)
    expect((await issue()).result).toMatchObject({ token: { createdBy: { firstname: 'Zora' } } })
    expect(await harness.prisma.auditEvent.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({
      actor: { firstname: 'Zora', userId: editorId, accessId: editorAccess },
    })
  })

  it('is the user’s last day now', async () => {
    await issue()
    await sql(`UPDATE users SET expires_at = '2026-11-20' WHERE id = $1::uuid`, userId)
    expect((await issue()).result).toMatchObject({ limit: 'EXPIRED_USER' })
    await sql(`UPDATE users SET expires_at = '2026-11-21' WHERE id = $1::uuid`, userId)
    expect((await issue()).result).toMatchObject(isIssued)
    await sql(`UPDATE users SET expires_at = NULL WHERE id = $1::uuid`, userId)
  })

  it('is the kind of the access now', async () => {
    await issue()
    await sql(`UPDATE accesses SET type = 'PROFILE', name = 'Nadia', two_fa_enabled = NULL WHERE id = $1`, accessId)
    expect((await issue()).result).toMatchObject({ limit: 'PROFILE_ACCESS' })
    await sql(`UPDATE users SET expires_at = '2026-11-20' WHERE id = $1::uuid`, userId)
    expect((await issue()).result).toMatchObject({ limit: 'PROFILE_ACCESS' })
    await sql(`UPDATE accesses SET type = 'UI_CONNECTION', name = NULL, two_fa_enabled = false WHERE id = $1`, accessId)
    await sql(`UPDATE users SET expires_at = NULL WHERE id = $1::uuid`, userId)
  })

  it('is refused by a rule of the gateway before a lack of rights, and by that where the rules allow it', async () => {
    const tooLong = { expiresAt: '2028-01-01T00:00:00Z', scope: ['audit:read'] }
    expect((await issue(tooLong)).result).toMatchObject({ limit: 'TOKEN_MAX_LIFETIME' })
    expect((await issue({ scope: ['audit:read'] })).result).toMatchObject({ excess: ['audit:read'] })
    expect((await issue({ ...tooLong, accessId: demoAccessId('Déploiement') })).result).toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it.runIf(server !== null)('waits for whoever removes the access, and sees that it is gone', async () => {
    const rows = { organizationId: administrator.organizationId, createdAt: harness.now, updatedAt: harness.now }
    const { id } = await harness.prisma.access.create({
      data: { ...rows, userId, type: 'UI_CONNECTION', twoFaEnabled: false },
    })
    const other = new pg.Client(harness.database.connection)
    await other.connect()
    try {
      await other.query('BEGIN')
      await other.query('DELETE FROM accesses WHERE id = $1', [id])
      const asked = issue({ accessId: String(id) })
      await untilWaiting(other)
      await other.query('COMMIT')
      expect((await asked).result).toMatchObject({ code: 'NOT_FOUND' })
    } finally {
      await other.end()
    }
  })

  it.runIf(server !== null).each([
    [
      'the role is withdrawn',
      `DELETE FROM role_assignments WHERE access_id = ${editorAccess}`,
      { code: 'SCOPE_NOT_GRANTED' },
    ],
    [
      'the role loses the permission',
      `DELETE FROM role_permissions WHERE role_id = 'zone-editor' AND permission_id = 'dns.record.create'`,
      { code: 'SCOPE_NOT_GRANTED' },
    ],
    [
      'the user expires',
      `UPDATE users SET expires_at = '2026-11-20' WHERE lastname = 'Novakova'`,
      { limit: 'EXPIRED_USER' },
    ],
    [
      'the access becomes a profile',
      `UPDATE accesses SET type = 'PROFILE', name = 'Nadia', two_fa_enabled = NULL FROM users
       WHERE users.id = user_id AND lastname = 'Novakova'`,
      { limit: 'PROFILE_ACCESS' },
    ],
  ])('is what is so when it is written: %s after the decision', async (_, change, refusal) => {
    await issue({ allowedScopes: permission })
    const other = new pg.Client(harness.database.connection)
    await other.connect()
    try {
      for (const table of ['role_assignments', 'role_permissions']) {
        await other.query(`CREATE TEMP TABLE kept_${table} AS SELECT * FROM ${table}`)
      }
      await other.query('BEGIN; LOCK TABLE tokens IN SHARE MODE')
      const asked = issue({ allowedScopes: permission })
      await untilWaiting(other)
      await other.query(change)
      await other.query('COMMIT')
      expect((await asked).result).toMatchObject(refusal)
      await other.query(`INSERT INTO role_assignments SELECT * FROM kept_role_assignments ON CONFLICT DO NOTHING`)
      await other.query(`INSERT INTO role_permissions SELECT * FROM kept_role_permissions ON CONFLICT DO NOTHING`)
      await other.query(`UPDATE users SET expires_at = NULL WHERE id = $1`, [userId])
      await other.query(
        `UPDATE accesses SET type = 'UI_CONNECTION', name = NULL, two_fa_enabled = false WHERE id = $1`,
        [accessId],
      )
    } finally {
      await other.end()
    }
    expect((await issue({ allowedScopes: permission })).result).toMatchObject(isIssued)
  })

  it('is read while the database takes no changes, and what is refused is refused', async () => {
    await harness.prisma.$executeRawUnsafe(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '25006'; END $$`,
    )
    await sql('CREATE TRIGGER refuse BEFORE INSERT ON tokens FOR EACH STATEMENT EXECUTE FUNCTION refuse()')
    const ask = async (given: Partial<IssueTokenInput>) => {
      const input = { accessId: String(accessId), name: 'Read only', ...given }
      const { data, errors } = await harness.ask(IssueOnFacts, { input }, editor)
      return errors?.[0]?.extensions.code ?? data?.issueToken
    }
    expect(await ask({})).toBe('SERVICE_UNAVAILABLE')
    expect(await ask({ accessId: '2147483647' })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await ask({ idempotencyKey: 'facts', name: 'Facts' })).toMatchObject({ secret: null })
    await sql('DROP TRIGGER refuse ON tokens')
  })

  it('issues one token however many ask at once under one key', async () => {
    const asked = await Promise.all(Array.from({ length: 50 }, () => issue({ idempotencyKey: 'fifty' })))
    const tokens = asked.map(({ result }) => result)
    expect(new Set(tokens.map((result) => result?.__typename === 'IssueTokenPayload' && result.token.id)).size).toBe(1)
    expect(tokens.filter((result) => result?.__typename === 'IssueTokenPayload' && result.secret)).toHaveLength(1)
  })

  it('leaves nothing of what was refused, and an event of each that was not', async () => {
    expect(await harness.prisma.token.count()).toBe(before + issued)
    expect(await harness.prisma.auditEvent.count()).toBe(issued)
    expect(harness.unexpected).toEqual([])
  })
})
