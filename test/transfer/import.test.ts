import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { connected } from '../support/globalSetup.ts'
import { readRows } from '../support/rows.ts'
import { testTime } from '../support/time.ts'
import { exportText, importText, linesOf } from '../support/transfer.ts'
import {
  ada,
  all,
  bob,
  deploy,
  editor,
  eve,
  everywhere,
  ids,
  lakeside,
  machine,
  other,
  profile,
  provider,
  reader,
  screen,
  there,
  write,
} from './lines.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true })
})
afterAll(() => database.close())

const onClient = <T>(work: (client: pg.Client) => Promise<T>) => connected(database.connection, work)
const select = <Row extends object>(text: string) => onClient(async (client) => (await client.query<Row>(text)).rows)
const rows = () => onClient(readRows)
const catalogueVersion = async () => (await select('SELECT version FROM catalogue_version'))[0]
const latestEvents = async (after: string) =>
  select<{ id: string }>(
    `SELECT action, target_type, target_id, before, after FROM audit_events WHERE id > ${after} ORDER BY id`,
  )
const lastEvent = async () =>
  (await select<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM audit_events'))[0]?.id ?? '0'

const without = (...left: readonly object[]) => all.filter((line) => !left.includes(line))
const _replaced = (line: object, by: object) => all.map((each) => (each === line ? by : each))

beforeEach(async () => {
  await onClient(async (client) => {
    const children = [
      'tokens',
      'role_assignments',
      'accesses',
      'users',
      'identity_providers',
      'role_permissions',
      'roles',
      'permissions',
    ]
    for (const table of children) await client.query(`DELETE FROM ${table}`)
  })
  const { problems } = await importText(database, linesOf(all))
  expect(problems).toEqual([])
})

describe('an import', () => {
  it('brings in every row, with an event for each', async () => {
    await onClient((client) => client.query('DELETE FROM tokens; DELETE FROM role_assignments; DELETE FROM accesses'))
    const before = await lastEvent()
    expect(await importText(database, linesOf(all))).toEqual({
      lines: 16,
      problems: [],
      counts: {
        organization: { same: 2 },
        identityProvider: { same: 1 },
        permission: { same: 2 },
        role: { same: 2 },
        user: { same: 3 },
        access: { created: 3 },
        roleAssignment: { created: 2 },
        token: { created: 1 },
      },
    })
    const events = await latestEvents(before)
    expect(events.map((event) => Object.values(event).slice(0, 3))).toEqual([
      ['access.create', 'Access', '1'],
      ['access.create', 'Access', '2'],
      ['access.create', 'Access', '3'],
      ['role.assign', 'RoleAssignment', expect.stringMatching(/^\d+$/)],
      ['role.assign', 'RoleAssignment', expect.stringMatching(/^\d+$/)],
      ['token.create', 'Token', '1'],
    ])
    expect(events[4]).toMatchObject({
      before: null,
      after: { accessId: 2, roleId: 'reader', resourceType: 'ZONE', resourceId: 'example.com' },
    })
    expect(JSON.stringify(events)).not.toContain('0101')
  })

  it('brings in the same whatever the order of the lines', async () => {
    const expected = await exportText(database)
    await onClient((client) => client.query('DELETE FROM tokens; DELETE FROM role_assignments; DELETE FROM accesses'))
    expect((await importText(database, linesOf(all.toReversed()))).problems).toEqual([])
    expect(await exportText(database)).toBe(expected)
  })

  it('that is repeated changes nothing, and is no new version of the catalogue', async () => {
    const before = { rows: await rows(), event: await lastEvent(), version: await catalogueVersion() }
    const { counts } = await importText(database, linesOf(all), { prune: true, now: new Date('2026-12-01') })
    expect(Object.values(counts ?? {}).flatMap((each) => Object.keys(each))).toEqual(Array(8).fill('same'))
    expect({ rows: await rows(), event: await lastEvent(), version: await catalogueVersion() }).toEqual(before)
  })

  it('changes what differs, leaves alone what a line does not say, and empties what it says null of', async () => {
    await importText(database, linesOf([{ ...bob, phone: '1', acct: 'bob', updated_by: null }]))
    const before = await lastEvent()
    const { counts } = await importText(database, linesOf([{ ...bob, lastname: 'Byron', acct: null }]), {
      now: new Date('2026-12-01'),
    })
    expect(counts).toEqual({ user: { changed: 1 } })
    expect(await latestEvents(before)).toEqual([
      {
        action: 'user.update',
        target_type: 'User',
        target_id: ids.bob,
        before: { lastname: 'Lovelace', acct: 'bob', updatedAt: '2026-11-21T09:30:00.000Z' },
        after: { lastname: 'Byron', acct: null, updatedAt: '2026-12-01T00:00:00.000Z' },
      },
    ])
    expect(await select(`SELECT lastname, acct, phone, updated_at FROM users WHERE id = '${ids.bob}'`)).toEqual([
      { lastname: 'Byron', acct: null, phone: '1', updated_at: new Date('2026-12-01') },
    ])
  })

  it('leaves alone who changed what, where a line does not say', async () => {
    const updated_by = { user_id: ids.ada, firstname: 'Ada', lastname: 'Lovelace' }
    expect((await importText(database, linesOf([{ ...bob, updated_by }]))).counts).toEqual({ user: { changed: 1 } })
    expect((await importText(database, linesOf([bob]))).counts).toEqual({ user: { same: 1 } })
    expect((await importText(database, linesOf([{ ...bob, updated_by: null }]))).counts).toEqual({
      user: { changed: 1 },
    })
  })

  it('counts a new version of the catalogue where roles or permissions change, and tells what a role had', async () => {
    const [before, version] = [await lastEvent(), await catalogueVersion()]
    const { counts } = await importText(database, linesOf([{ ...reader, permissions: ['dns.write'] }]))
    expect(counts).toEqual({ role: { changed: 1 } })
    expect(await latestEvents(before)).toMatchObject([
      {
        action: 'role.update',
        target_id: 'reader',
        before: { permissions: ['dns.read'] },
        after: { permissions: ['dns.write'] },
      },
    ])
    expect(await catalogueVersion()).not.toEqual(version)
  })

  it('lets two users swap their mail addresses, and tells the trail so', async () => {
    const before = await lastEvent()
    const swapped = [
      { ...ada, email: bob.email.toUpperCase() },
      { ...bob, email: ada.email },
    ]
    expect((await importText(database, linesOf(swapped))).counts).toEqual({ user: { changed: 2 } })
    expect(await latestEvents(before)).toMatchObject([
      { before: { email: ada.email }, after: { email: bob.email.toUpperCase() } },
      { before: { email: bob.email }, after: { email: ada.email } },
    ])
  })

  it('makes ids that are given later go on behind its own', async () => {
    const far = { ...machine, id: 1_000_000 }
    await importText(
      database,
      linesOf([far, { ...deploy, id: 2_000_000, access_id: far.id, secret_sha256: '02'.repeat(32) }]),
    )
    const [next] = await select<{ access: string; token: string }>(
      `SELECT nextval('accesses_id_seq') AS access, nextval('tokens_id_seq') AS token`,
    )
    expect(next).toEqual({ access: '1000001', token: '2000001' })
  })

  it('that only checks changes nothing', async () => {
    const before = { rows: await rows(), event: await lastEvent() }
    const more = { ...bob, id: randomUUID(), email: 'more@lakeside.example' }
    const checked = await importText(database, linesOf([more]), { check: true, prune: true })
    expect(checked).toEqual({ lines: 1, problems: [], counts: null })
    expect({ rows: await rows(), event: await lastEvent() }).toEqual(before)
  })

  it('tells every bad line, and changes nothing', async () => {
    const before = { rows: await rows(), event: await lastEvent() }
    const more = { ...bob, id: randomUUID(), email: 'more@lakeside.example' }
    const text = `${linesOf([more])}{]\n${linesOf([{ ...more, id: 1 }, { type: 'x' }])}`
    const { problems, counts } = await importText(database, text)
    expect(problems.map((problem) => problem.split(':').slice(0, 3).join(':'))).toEqual([
      'file:2: expected a JSON object, received what is no JSON at position 1',
      'file:3: id',
      'file:4: type',
    ])
    expect(counts).toBeNull()
    expect({ rows: await rows(), event: await lastEvent() }).toEqual(before)
  })

  it.each(['', '\n \n'])('of nothing is refused: %j', async (text) => {
    expect((await importText(database, text)).problems).toEqual(['file: expected lines, received none'])
  })
})

describe('a line that does not fit', () => {
  const uuid = randomUUID()
  const newUser = { ...bob, id: uuid, email: 'new@lakeside.example' }
  const rotated = { ...deploy, id: 5, secret_sha256: '05'.repeat(32) }
  it.each<[string, readonly object[], readonly string[]]>([
    [
      'its id twice',
      [newUser, newUser],
      [
        'file:2: expected each user once, received it as in file:1',
        'file:2: email: expected each mail address once in an organization, whatever its case, received it as in file:1',
      ],
    ],
    [
      'the same assignment twice',
      [there, { ...there, resource: 'zone:EXAMPLE.com.' }],
      ['file:2: expected each role assignment once, received it as in file:1'],
    ],
    [
      'the same assignment everywhere twice',
      [everywhere, { ...everywhere, resource: null }],
      ['file:2: expected each role assignment once, received it as in file:1'],
    ],
    [
      'another customer number',
      [{ ...lakeside, customer_id: 9 }],
      ['file:1: customer_id: expected 1, which the organization has: it stays'],
    ],
    [
      'the customer number of another',
      [{ ...lakeside, id: uuid }],
      [`file:1: customer_id: expected the number of no other organization, received that of ${ids.lakeside}`],
    ],
    [
      'the customer number of another line',
      [
        { ...lakeside, id: uuid, customer_id: 9 },
        { ...lakeside, id: randomUUID(), customer_id: 9 },
      ],
      ['file:2: customer_id: expected each customer number once, received it as in file:1'],
    ],
    [
      'a customer that is not there',
      [{ ...newUser, customer_id: 9 }],
      ['file:1: customer_id: expected that of an organization in the file or the database, received 9'],
    ],
    [
      'a user of another organization',
      [{ ...eve, customer_id: 1 }],
      ['file:1: customer_id: expected 2, to which the user belongs: it stays'],
    ],
    [
      'an identity provider of another organization',
      [{ ...eve, idp_id: ids.provider }],
      [`file:1: idp_id: expected an identity provider of the same organization, received "${ids.provider}"`],
    ],
    [
      'the mail address of another line',
      [newUser, { ...newUser, id: randomUUID(), email: 'NEW@lakeside.example' }],
      [
        'file:2: email: expected each mail address once in an organization, whatever its case, received it as in file:1',
      ],
    ],
    [
      'the mail address of somebody else',
      [{ ...newUser, email: 'Bob@lakeside.example' }],
      [`file:1: email: expected that of no other user of the organization, received that of ${ids.bob}`],
    ],
    [
      'a user that is not there',
      [{ ...screen, id: 9, user_id: ids.nobody }],
      [`file:1: user_id: expected a user in the file or the database, received "${ids.nobody}"`],
    ],
    [
      'another user',
      [{ ...screen, user_id: ids.bob }],
      [`file:1: user_id: expected "${ids.ada}", as it is: a user keeps their accesses`],
    ],
    [
      'another type of access',
      [{ ...profile, id: 1, user_id: ids.ada }],
      ['file:1: access_type: expected "UI_CONNECTION", as it is: an access keeps its type'],
    ],
    [
      'an access that is not there',
      [{ ...there, access_id: 9 }],
      ['file:1: access_id: expected an access in the file or the database, received 9'],
    ],
    [
      'a role that is not there',
      [{ ...there, role_id: 'owner' }],
      ['file:1: role_id: expected a role in the file or the database, received "owner"'],
    ],
    [
      'permissions that are not there',
      [{ ...reader, permissions: ['a', 'dns.read', 'b'] }],
      ['file:1: permissions: expected permissions in the file or the database, received "a", "b"'],
    ],
    [
      'a token of a profile',
      [{ ...rotated, access_id: 3 }],
      ['file:1: access_id: expected an access that is no profile: those hold no tokens, received 3'],
    ],
    [
      'another access of a token',
      [{ ...deploy, access_id: 1 }],
      ['file:1: access_id: expected 2, as it is: a token keeps its access'],
    ],
    [
      'another secret',
      [{ ...deploy, secret_sha256: '09'.repeat(32) }],
      ['file:1: secret_sha256: expected what it is: a token keeps its secret'],
    ],
    [
      'the secret of another token',
      [{ ...deploy, id: 9 }],
      ['file:1: secret_sha256: expected that of no other token, received that of 1'],
    ],
    [
      'the secret of another line',
      [rotated, { ...rotated, id: 6 }],
      ['file:2: secret_sha256: expected each secret once, received it as in file:1'],
    ],
    [
      'an end before its beginning',
      [{ ...deploy, created_at: '2028-01-01T00:00:00Z' }],
      ['file:1: expires_at: expected an instant after created_at'],
    ],
    [
      'itself as its predecessor',
      [{ ...rotated, rotated_from: 5 }],
      ['file:1: rotated_from: expected another token of the same organization, received 5'],
    ],
    [
      'a predecessor that is not there',
      [{ ...rotated, rotated_from: 9 }],
      ['file:1: rotated_from: expected another token of the same organization, received 9'],
    ],
    [
      'two successors of a token',
      [
        { ...rotated, rotated_from: 1 },
        { ...rotated, id: 6, secret_sha256: '06'.repeat(32), rotated_from: 1 },
      ],
      ['file:2: rotated_from: expected at most one token in the place of another, received it as in file:1'],
    ],
  ])('is refused with %s', async (_, lines, problems) => {
    const before = await rows()
    expect(await importText(database, linesOf(lines))).toEqual({ lines: lines.length, problems, counts: null })
    expect(await rows()).toEqual(before)
  })

  it('is refused where it takes a revocation back', async () => {
    const revoked = { ...deploy, revoked_at: '2026-11-20T00:00:00Z' }
    expect((await importText(database, linesOf([revoked]))).counts).toEqual({ token: { changed: 1 } })
    expect((await importText(database, linesOf([{ ...deploy, name: 'other' }]))).counts).toEqual({
      token: { changed: 1 },
    })
    expect((await importText(database, linesOf([{ ...deploy, revoked_at: null }]))).problems).toEqual([
      'file:1: revoked_at: expected "2026-11-20T00:00:00+00:00", as it is: a revoked token stays so',
    ])
  })

  it('is not refused because of another that is wrong by itself', async () => {
    const text = linesOf([
      { ...newUser, firstname: '' },
      { ...screen, id: 9, user_id: uuid.toUpperCase() },
      { ...everywhere, access_id: 9 },
    ])
    expect((await importText(database, text)).problems).toEqual([expect.stringMatching(/^file:1: firstname: /)])
    const catalogue = [
      { type: 'permission', id: 'DNS.Delete' },
      { ...reader, permissions: ['DNS.Delete'] },
    ]
    expect((await importText(database, linesOf(catalogue))).problems).toEqual([
      expect.stringMatching(/^file:1: description: /),
    ])
  })

  it('is told whatever its id is', async () => {
    const odd = ['a\0b', '\ud800', null, {}, 1e300].map((id) => ({ ...newUser, id }))
    const { problems } = await importText(database, linesOf(odd))
    expect(problems.map((problem) => problem.slice(0, 28))).toEqual(
      odd.map((_, index) => `file:${index + 1}: id: expected a UUID,`),
    )
  })

  it('has so many problems told, and how many more there are', async () => {
    const scope = Array(100).fill('\u009bx')
    const { problems } = await importText(database, linesOf([{ ...rotated, scope }]))
    expect(problems).toHaveLength(21)
    expect(problems[0]).toBe(
      'file:1: scope.0: expected a scope of the gateway that a token may carry, received "\\u009bx"',
    )
    expect(problems[20]).toBe('file:1: and 80 more')
  })
})

describe('an import that takes away what its file does not have', () => {
  const prune = (lines: readonly object[]) => importText(database, linesOf(lines), { prune: true })

  it('takes away users with their accesses and roles, and what roles and permissions nobody needs', async () => {
    const before = await lastEvent()
    const { counts } = await prune(without(ada, screen, everywhere, provider, editor, write))
    expect(counts).toMatchObject({
      identityProvider: { removed: 1 },
      permission: { removed: 1, same: 1 },
      role: { removed: 1, same: 1 },
      user: { removed: 1, same: 2 },
      access: { removed: 1, same: 2 },
      roleAssignment: { removed: 1, same: 1 },
      token: { same: 1 },
    })
    const events = await latestEvents(before)
    expect(events.map((event) => Object.values(event)[0])).toEqual([
      ...[
        'role.withdraw',
        'access.remove',
        'user.remove',
        'identityProvider.remove',
        'role.remove',
        'permission.remove',
      ],
    ])
    expect(events[2]).toMatchObject({ target_id: ids.ada, before: { email: ada.email, firstname: 'Ada' }, after: null })
  })

  const tokens = () =>
    select(`SELECT id, access_id, access_removed, deactivated, deactivated_updated_on, revoked_at, updated_at FROM tokens
      ORDER BY id`)

  it('deactivates tokens whose access stays', async () => {
    const before = await lastEvent()
    const { counts } = await prune(without(deploy))
    expect(counts).toMatchObject({ access: { same: 3 }, token: { removed: 1 } })
    expect(await tokens()).toEqual([
      expect.objectContaining({
        access_removed: false,
        deactivated: true,
        deactivated_updated_on: testTime,
        revoked_at: null,
      }),
    ])
    expect(await latestEvents(before)).toEqual([
      {
        action: 'token.deactivate',
        target_type: 'Token',
        target_id: '1',
        before: { deactivated: false },
        after: { deactivated: true },
      },
    ])
    expect((await importText(database, linesOf([{ ...deploy, deactivated: false }]))).counts).toEqual({
      token: { changed: 1 },
    })
  })

  it('deactivates tokens for good whose access goes, and keeps what they say of it and of its user', async () => {
    const earlier = new Date('2026-11-01T00:00:00Z')
    const off = { ...deploy, id: 2, secret_sha256: '02'.repeat(32), deactivated: true, deactivated_updated_on: earlier }
    const final = { ...deploy, id: 3, secret_sha256: '03'.repeat(32), revoked_at: earlier, updated_at: earlier }
    await importText(database, linesOf([off, final]))
    const [was] = await select(`SELECT * FROM every_user WHERE id = '${ids.bob}'`)
    const before = await lastEvent()
    const left = [
      ...without(bob, machine, profile, there, deploy),
      { ...eve, customer_id: 1, id: ids.nobody, email: bob.email },
    ]
    expect((await prune(left)).counts).toMatchObject({
      user: { created: 1, removed: 1, same: 2 },
      access: { removed: 2, same: 1 },
      roleAssignment: { removed: 1, same: 1 },
      token: { removed: 2 },
    })
    const common = { access_id: 2, access_removed: true }
    expect(await tokens()).toEqual([
      {
        ...common,
        id: 1,
        deactivated: true,
        deactivated_updated_on: testTime,
        revoked_at: testTime,
        updated_at: testTime,
      },
      {
        ...common,
        id: 2,
        deactivated: true,
        deactivated_updated_on: earlier,
        revoked_at: testTime,
        updated_at: testTime,
      },
      { ...common, id: 3, deactivated: false, deactivated_updated_on: null, revoked_at: earlier, updated_at: earlier },
    ])
    expect(await select('SELECT id, user_id, name FROM removed_accesses')).toEqual([
      { id: 2, user_id: ids.bob, name: 'ci' },
    ])
    expect(await select(`SELECT * FROM every_user WHERE id = '${ids.bob}'`)).toEqual([was])
    const events = await latestEvents(before)
    expect(events.map((event) => Object.values(event)[0])).toEqual([
      ...[
        'user.create',
        'role.withdraw',
        'token.revoke',
        'token.revoke',
        'access.remove',
        'access.remove',
        'user.remove',
      ],
    ])
    expect(events.slice(2, 4)).toMatchObject([
      { target_id: '1', before: { deactivated: false, revokedAt: null }, after: { deactivated: true } },
      { target_id: '2', before: { deactivated: true, revokedAt: null }, after: { deactivated: true } },
    ])
    const again = { rows: await rows(), event: await lastEvent() }
    expect(await prune(left)).toMatchObject({ problems: [] })
    expect({ rows: await rows(), event: await lastEvent() }).toEqual(again)
  })

  it('lets come back whom tokens lead to still, as who they were', async () => {
    const left = without(bob, machine, profile, there, deploy)
    await prune(left)
    expect(
      (
        await importText(
          database,
          linesOf([
            { ...bob, customer_id: 2 },
            { ...machine, user_id: ids.ada },
          ]),
        )
      ).problems,
    ).toEqual([
      'file:1: customer_id: expected 1, to which the user belongs: it stays',
      `file:2: user_id: expected "${ids.bob}", as it is: a user keeps their accesses`,
    ])
    expect((await importText(database, linesOf([bob, machine]))).problems).toEqual([])
    expect(await tokens()).toMatchObject([{ access_id: 2, access_removed: false, revoked_at: testTime }])
    expect(
      await select('SELECT id FROM removed_accesses UNION ALL SELECT access_id FROM tokens WHERE access_removed'),
    ).toEqual([])
    expect((await prune(left)).counts).toMatchObject({ user: { removed: 1 }, access: { removed: 1 } })
  })

  it('tells of organizations in which nobody may assign roles any more', async () => {
    const assign = { type: 'permission', id: 'iam.role.assign', description: 'Assigns.' }
    const assigner = { type: 'role', id: 'assigner', description: 'Assigns.', permissions: [assign.id] }
    const held = { type: 'roleAssignment', access_id: 1, role_id: 'assigner' }
    const lines = [...all, assign, assigner, held]
    const assigners = async (text: string) => (await importText(database, text, { prune: true })).withoutAssigners
    expect(await assigners(linesOf(lines))).toBeUndefined()
    const moved = lines.map((line) => (line === held ? { ...held, access_id: 2 } : line))
    expect(await assigners(linesOf(moved))).toBeUndefined()
    expect(await assigners(linesOf(lines.filter((line) => line !== held)))).toEqual([1])
    expect(await assigners(linesOf(all))).toBeUndefined()
  })

  it('leaves other organizations alone, and the roles that they hold', async () => {
    const foreign = { ...screen, id: 7, user_id: ids.eve }
    await importText(database, linesOf([foreign, { ...everywhere, access_id: 7 }]))
    const { problems, counts } = await prune(without(other, eve, editor, everywhere))
    expect(problems).toEqual([])
    expect(counts).toMatchObject({ role: { same: 1 }, user: { same: 2 }, roleAssignment: { removed: 1, same: 1 } })
    expect(await select(`SELECT access_id FROM role_assignments WHERE role_id = 'editor'`)).toEqual([{ access_id: 7 }])
  })

  it('leaves the catalogue alone where the file says nothing of it', async () => {
    const { counts } = await prune([lakeside])
    expect(counts).not.toHaveProperty('role')
    expect(await select('SELECT id FROM roles ORDER BY id')).toHaveLength(2)
  })

  it('lets somebody else have the mail address of who goes', async () => {
    const heir = { ...ada, id: randomUUID() }
    const before = await lastEvent()
    const { problems } = await prune([...without(ada, screen, everywhere), heir])
    expect(problems).toEqual([])
    expect(await latestEvents(before)).toMatchObject([
      { action: 'user.create', after: { email: ada.email } },
      { action: 'role.withdraw' },
      { action: 'access.remove' },
      { action: 'user.remove', target_id: ids.ada, before: { email: ada.email } },
    ])
  })

  it('refuses lines that refer to what goes', async () => {
    const { problems } = await prune(without(ada, profile, machine))
    expect(problems).toEqual([
      `file:10: user_id: expected a user in the file (--prune takes away what is not in it), received "${ids.ada}"`,
      'file:12: access_id: expected an access in the file (--prune takes away what is not in it), received 2',
      'file:13: access_id: expected an access in the file (--prune takes away what is not in it), received 2',
    ])
  })
})
