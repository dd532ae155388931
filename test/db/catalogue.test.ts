import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Catalogue, createCatalogues } from '../../src/db/catalogue.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import type { Read, Statement } from '../../src/db/read.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

describe('the catalogue in memory', () => {
  let database: TestDatabase
  let opened: Database
  let sent: string[]
  let read: Read
  beforeAll(async () => {
    database = await createTestDatabase({ demo: true })
    opened = openDatabase({ connection: database.connection, poolSize: 1, timeout: 5 })
    sent = []
    read = <Row extends object>(statement: Statement) => {
      sent.push(statement.text)
      return opened.read<Row>(statement)
    }
  })
  afterAll(async () => {
    await opened.close()
    await database.close()
  })

  const versionNow = async () => (await opened.prisma.catalogueVersion.findFirstOrThrow()).version

  it('has what the database has, by id', async () => {
    const { prisma } = opened
    const catalogue = await createCatalogues().now(read)
    expect(catalogue.version).toBe(await versionNow())
    expect(catalogue.roles).toEqual(await prisma.role.findMany({ orderBy: { id: 'asc' } }))
    expect(catalogue.permissions).toEqual(await prisma.permission.findMany({ orderBy: { id: 'asc' } }))
    const pairs = await prisma.rolePermission.findMany()
    for (const { id } of catalogue.roles) {
      const expected = pairs.filter(({ roleId }) => roleId === id).map(({ permissionId }) => permissionId)
      expect(catalogue.permissionsOf(id).map((permission) => permission.id)).toEqual(expected.sort())
    }
    for (const { id } of catalogue.permissions) {
      const expected = pairs.filter(({ permissionId }) => permissionId === id).map(({ roleId }) => roleId)
      expect(catalogue.rolesOf(id).map((role) => role.id)).toEqual(expected.sort())
    }
  })

  it('is asked for its version alone where nothing has changed, and not even that for a version that it has', async () => {
    const catalogues = createCatalogues()
    const { version } = await catalogues.now(read)
    sent.length = 0
    await catalogues.now(read)
    expect(sent).toEqual([expect.stringMatching(/^SELECT version FROM catalogue_version$/)])
    await catalogues.atLeast(version, read)
    await catalogues.atLeast(version - 1n, read)
    expect(sent).toHaveLength(1)
  })

  it.each([
    ['a role is added', "INSERT INTO roles VALUES ('new-role', 'New')"],
    ['a permission is added', "INSERT INTO permissions VALUES ('new.permission', 'New')"],
    ['a role gets a permission', "INSERT INTO role_permissions VALUES ('new-role', 'new.permission')"],
    ['a role is described anew', "UPDATE roles SET description = 'Newer' WHERE id = 'new-role'"],
    ['a permission is described anew', "UPDATE permissions SET description = 'Newer' WHERE id = 'new.permission'"],
    ['a role loses a permission', "DELETE FROM role_permissions WHERE role_id = 'new-role'"],
    ['a permission goes', "DELETE FROM permissions WHERE id = 'new.permission'"],
    ['a role goes', "DELETE FROM roles WHERE id = 'new-role'"],
  ])('is read anew when %s', async (_, change) => {
    const [ours, others] = [createCatalogues(), createCatalogues()]
    const before = await Promise.all([ours.now(read), others.now(read)])
    await opened.prisma.$executeRawUnsafe(change)
    const version = await versionNow()
    const after = await Promise.all([ours.now(read), others.atLeast(version, read)])
    for (const [index, catalogue] of after.entries()) {
      expect(catalogue.version).toBe(version)
      expect(catalogue).not.toBe(before[index])
    }
    const { roles, permissions } = after[0] as Catalogue
    expect(roles).toEqual(await opened.prisma.role.findMany({ orderBy: { id: 'asc' } }))
    expect(permissions).toEqual(await opened.prisma.permission.findMany({ orderBy: { id: 'asc' } }))
  })

  it('takes nothing of a change that is taken back', async () => {
    const before = await versionNow()
    const changed = opened.prisma.$transaction(async (transaction) => {
      await transaction.$executeRawUnsafe("DELETE FROM role_permissions WHERE role_id = 'auditor'")
      throw new Error('taken back')
    })
    await expect(changed).rejects.toThrow('taken back')
    expect(await versionNow()).toBe(before)
  })

  it('is loaded once for all who need a version at once, and again for who needs a later one', async () => {
    const catalogues = createCatalogues()
    const { version } = await catalogues.now(read)
    await opened.prisma.$executeRawUnsafe("UPDATE roles SET description = description WHERE id = 'auditor'")
    sent.length = 0
    const loaded = await Promise.all([1, 2, 3].map(() => catalogues.atLeast(version + 1n, read)))
    expect(new Set(loaded.map((catalogue) => catalogue.version))).toEqual(new Set([version + 1n]))
    expect(sent).toHaveLength(1)
  })

  it('is loaded by another where the one who began to gives up', async () => {
    const catalogues = createCatalogues()
    const failing: Read = () => Promise.reject(new Error('given up'))
    const first = catalogues.atLeast(1n, failing)
    const second = catalogues.atLeast(1n, read)
    await expect(first).rejects.toThrow('given up')
    expect((await second).roles.length).toBeGreaterThan(0)
  })

  it('is read anew where the database has been restored to an earlier version', async () => {
    const catalogues = createCatalogues()
    await catalogues.now(read)
    await opened.prisma.$executeRawUnsafe('UPDATE catalogue_version SET version = version - 1')
    expect((await catalogues.now(read)).version).toBe(await versionNow())
  })
})

describe('a version of the catalogue', () => {
  const named = (id: string) => ({ id, description: id })
  const catalogue = new Catalogue({
    version: 1n,
    roles: ['a', 'b', 'c'].map(named),
    permissions: ['p', 'q'].map(named),
    pairs: [
      ['c', 'p'],
      ['a', 'q'],
      ['a', 'p'],
    ],
  })

  it('gives sets of roles and what they permit by id, each once, and equal sets as the same list', () => {
    expect(catalogue.rolesIn('c\u0001a').map(({ id }) => id)).toEqual(['a', 'c'])
    expect(catalogue.rolesIn('c\u0001a')).toBe(catalogue.rolesIn('c\u0001a'))
    expect(catalogue.permissionsIn('c\u0001a').map(({ id }) => id)).toEqual(['p', 'q'])
    expect(catalogue.permissionsIn('c\u0001a')).toBe(catalogue.permissionsIn('c\u0001a'))
  })

  it('knows nothing of what is not there', () => {
    expect([catalogue.role('x'), catalogue.permission('x')]).toEqual([null, null])
    expect([catalogue.permissionsOf('x'), catalogue.rolesOf('x'), catalogue.permissionsOf('b')]).toEqual([[], [], []])
    expect(catalogue.rolesIn('x\u0001b').map(({ id }) => id)).toEqual(['b'])
  })
})
