/** What is of another organization is not there: it is answered like what is nowhere, by as many statements. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { demoAccess } from '../../examples/data/demo/identities.ts'
import { demoTokenId } from '../../examples/data/demo/tokens.ts'
import { endpoints } from '../../src/authzen/endpoints.ts'
import { type Post, posting, zone } from '../support/authzen.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const { reader, auditor } = demoCallers
const own = demoAccess('Terraform')
const foreign = demoAccess('Site de campagne')
const read = { name: 'dns.zone.read' }
const resource = zone('example.org')

/** Ids of each type of subjects: of the caller's organization, of another one, and of none. */
const ids = {
  user: [own.person.userId, foreign.person.userId, '00000000-0000-4000-8000-000000000000'],
  access: [own.accessId, foreign.accessId, 999_999],
  token: [demoTokenId('Terraform Cloud'), demoTokenId('Campagne été'), 999_999],
} as const

/** A question for each endpoint that is told of a subject. */
const questions = {
  evaluation: (subject: object) => ({ subject, action: read, resource }),
  evaluations: (subject: object) => ({ action: read, resource, evaluations: [{ subject }, { subject }] }),
  'search/resource': (subject: object) => ({ subject, action: read, resource: { type: 'zone' } }),
  'search/action': (subject: object) => ({ subject, resource }),
} as const

describe('an id of another organization', () => {
  let harness: Harness
  let post: Post
  beforeAll(async () => {
    harness = await createHarness()
    post = posting(harness)
    const { prisma } = harness
    // All of them may what is asked about.
    for (const { accessId, person } of [own, foreign]) {
      const held = { accessId, organizationId: person.organization.id, roleId: 'zone-reader' }
      await prisma.roleAssignment.create({ data: held })
      await prisma.roleAssignment.create({
        data: { ...held, resourceType: 'ZONE', resourceId: 'limited.example' },
      })
    }
    const organizationScopes = { allRoles: true, allPermissions: true, keptInToken: [], roles: [], permissions: [] }
    await prisma.token.updateMany({
      where: { id: { in: [ids.token[0], ids.token[1]] } },
      data: {
        ...{ deactivated: false, expiresAt: new Date('2030-01-01') },
        allowedScopes: { generalScopes: [], organizationScopes, servicesScopes: [] },
      },
    })
    await post('evaluation', questions.evaluation({ type: 'access', id: '1' }), { caller: reader })
  })
  afterAll(() => harness.close())

  const cases = (Object.keys(questions) as (keyof typeof questions)[]).flatMap((path) =>
    (Object.keys(ids) as (keyof typeof ids)[]).map((type) => ({ path, type })),
  )

  it('is tried at every endpoint: a new one has to say what it is asked', () => {
    const tried = [...Object.keys(questions), 'search/subject'].map((path) => `/access/v1/${path}`)
    expect(endpoints.map(({ path }) => path).sort()).toEqual(tried.sort())
  })

  it.each(cases)('is answered like one that nobody has: $type of $path', async ({ path, type }) => {
    const [mine, theirs, nobodys] = ids[type].map(String)
    const ask = (id: string | undefined, caller = reader) => post(path, questions[path]({ type, id }), { caller })
    const unknown = await ask(nobodys)
    const { status, body, statements } = await ask(theirs)
    expect({ status, body }).toEqual({ status: 200, body: unknown.body })
    expect(statements).toEqual(unknown.statements)
    // The endpoint does tell of those that the caller may see, and tells an auditor of all of them.
    expect((await ask(mine)).body).not.toEqual(unknown.body)
    expect((await ask(theirs, auditor)).body).not.toEqual((await ask(nobodys, auditor)).body)
  })

  it.each(['user', 'access', 'token'] as const)('is found by no search for a %s', async (type) => {
    const asked = { subject: { type }, action: read, resource, page: { limit: 1_000 } }
    const found = async (caller: typeof reader) => {
      const { body } = await post('search/subject', asked, { caller })
      return (body as { results: { id: string }[] }).results.map(({ id }) => id)
    }
    const [mine, theirs] = ids[type].map(String)
    const [seen, all] = [await found(reader), await found(auditor)]
    expect(seen).toContain(mine)
    expect(seen).not.toContain(theirs)
    expect(all).toEqual(expect.arrayContaining([mine, theirs]))
    const { prisma } = harness
    const tables = { user: prisma.user, access: prisma.access, token: prisma.token }
    const where = { organizationId: reader.organizationId }
    const rows = await (tables[type] as typeof prisma.user).findMany({ where, select: { id: true } })
    const owned = new Set(rows.map(({ id }) => String(id)))
    expect(seen.filter((id) => !owned.has(id))).toEqual([])
  })

  it('meets nothing unexpected', () => {
    expect(harness.unexpected).toEqual([])
  })
})
