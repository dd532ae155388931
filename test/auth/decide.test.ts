import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RightsScopes } from '../../src/auth/allowedScopes.ts'
import { decide, type Held, missingKinds, type Question, type Subject } from '../../src/auth/decide.ts'
import { discreetSummaryOf, messageOf, summaryOf } from '../../src/auth/explain.ts'
import type { TokenStatus } from '../../src/auth/token.ts'
import { aHeld, aResource, aRole, aWorld, catalogueOf, naive, questions, type Roles, type World } from './worlds.ts'

const nothing: RightsScopes = { allPermissions: false, allRoles: false, keptInToken: [], permissions: [], roles: [] }
const roles: Roles = { reader: ['read'], editor: ['read', 'write'], empty: [] }
const catalogue = catalogueOf(roles, ['read', 'write', 'unused'])
const accessWith = (...held: readonly Held[]): Subject => ({ held, userIsOver: false, token: null })
const on = (roleId: string, resource: string | null = null): Held => ({ roleId, resource })
const withToken = (
  subject: Subject,
  rights: Partial<RightsScopes> | null,
  status: TokenStatus = 'ACTIVE',
): Subject => ({
  ...subject,
  token: { status, rights: rights && { ...nothing, ...rights } },
})
const ask = (subject: Subject | null, permissionId: string, resource: string | null = null) =>
  decide({ permissionId, resource }, subject, catalogue)
const kinds = (subject: Subject | null, permissionId: string, resource: string | null = null) =>
  ask(subject, permissionId, resource).missing.map(({ kind }) => kind)

describe('a decision', () => {
  it('lists every way that grants it, and nothing as missing', () => {
    const subject = accessWith(on('editor'), on('editor', 'zone:a'), on('editor', 'zone:b'), on('reader', 'zone:a'))
    const { allowed, grants, missing } = ask(subject, 'read', 'zone:a')
    expect({ allowed, missing }).toEqual({ allowed: true, missing: [] })
    expect(grants.map(({ held, resource }) => [held.roleId, held.resource, resource])).toEqual([
      ['editor', null, null],
      ['editor', 'zone:a', 'zone:a'],
      ['reader', 'zone:a', 'zone:a'],
    ])
  })

  it('about everywhere is not made by a role on one resource, which it names', () => {
    const { allowed, grants, missing } = ask(accessWith(on('reader', 'zone:a'), on('editor', 'zone:b')), 'read')
    expect({ allowed, grants }).toEqual({ allowed: false, grants: [] })
    expect(missing).toEqual([
      { kind: 'OTHER_RESOURCE', roleId: 'reader', resource: 'zone:a' },
      { kind: 'OTHER_RESOURCE', roleId: 'editor', resource: 'zone:b' },
    ])
  })

  it('is not made by a role that has ended, which it names', () => {
    const ended = { ...on('editor', 'zone:a'), isOver: true }
    const { allowed, missing } = ask(accessWith(ended, on('reader', 'zone:b')), 'read', 'zone:a')
    expect(allowed).toBe(false)
    expect(missing).toEqual([
      { kind: 'EXPIRED', roleId: 'editor', resource: 'zone:a' },
      { kind: 'OTHER_RESOURCE', roleId: 'reader', resource: 'zone:b' },
    ])
    expect(missing.map(messageOf)).toEqual([
      'the role editor was held on zone:a, and has ended',
      'the role reader is held on zone:b only',
    ])
    const decision = ask(accessWith(ended), 'read', 'zone:a')
    expect(discreetSummaryOf(decision)).toBe('Denied: a role that gave it has ended.')
    expect(ask(accessWith(ended, on('reader')), 'read', 'zone:a').grants).toEqual([
      { held: on('reader'), resource: null },
    ])
    // One that has ended elsewhere would not help where it is asked for.
    expect(kinds(accessWith(ended), 'read', 'zone:b')).toEqual(['NO_ROLE', 'NO_ROLE'])
  })

  it('names the roles that would give what no role of the access gives', () => {
    expect(ask(accessWith(on('empty')), 'read').missing).toEqual([
      { kind: 'NO_ROLE', roleId: 'editor', resource: null },
      { kind: 'NO_ROLE', roleId: 'reader', resource: null },
    ])
    expect(ask(accessWith(on('empty')), 'unused').missing).toEqual([{ kind: 'NO_ROLE', roleId: null, resource: null }])
  })

  it('is one for all who hold no role of a list that would give it, and of no other list', () => {
    const givers = { roleIdsWith: () => lists[0] ?? null }
    const lists = [['editor', 'reader'], ['reader']]
    const denial = (subject: Subject) => decide({ permissionId: 'read', resource: null }, subject, givers)
    const first = denial(accessWith(on('empty')))
    expect(denial(accessWith())).toBe(first)
    expect(denial({ ...accessWith(), userIsOver: true })).not.toBe(first)
    expect(denial(accessWith(on('reader', 'zone:a')))).not.toBe(first)
    lists.shift()
    expect(denial(accessWith()).missing).toEqual([{ kind: 'NO_ROLE', roleId: 'reader', resource: null }])
  })

  it('tells what is not there, both at once', () => {
    expect(kinds(null, 'read')).toEqual(['UNKNOWN_SUBJECT'])
    expect(kinds(accessWith(on('editor')), 'fly')).toEqual(['UNKNOWN_PERMISSION'])
    expect(kinds(null, 'fly')).toEqual(['UNKNOWN_SUBJECT', 'UNKNOWN_PERMISSION'])
  })

  it('is no for everything once the time of the user is over, and tells what else is missing', () => {
    const over = { ...accessWith(on('editor')), userIsOver: true }
    expect(kinds(over, 'write')).toEqual(['EXPIRED'])
    expect(kinds({ ...over, held: [] }, 'write')).toEqual(['EXPIRED', 'NO_ROLE'])
    expect(kinds(withToken(over, { allRoles: true }, 'EXPIRED'), 'write')).toEqual(['EXPIRED'])
    expect(kinds(withToken(over, { allRoles: true }), 'write')).toEqual(['EXPIRED'])
  })

  it.each([
    ['REVOKED', 'TOKEN_INACTIVE'],
    ['DEACTIVATED', 'TOKEN_INACTIVE'],
    ['EXPIRED', 'EXPIRED'],
  ] as const)('is no for a token that is %s', (status, kind) => {
    expect(kinds(withToken(accessWith(on('editor')), { allRoles: true }, status), 'write')).toEqual([kind])
  })

  it.each([
    ['nothing in the organization', null, 'write', null, ['TOKEN_RESTRICTED']],
    ['nothing at all', {}, 'write', null, ['TOKEN_RESTRICTED']],
    ['all roles', { allRoles: true }, 'write', null, []],
    ['all permissions', { allPermissions: true }, 'write', null, []],
    ['the role', { roles: [{ name: 'editor', resource: null }] }, 'write', null, []],
    ['a role that permits it, too', { roles: [{ name: 'reader', resource: null }] }, 'read', null, []],
    ['a role that does not', { roles: [{ name: 'reader', resource: null }] }, 'write', null, ['TOKEN_RESTRICTED']],
    ['the permission', { permissions: [{ permissionId: 'write', resources: [] }] }, 'write', null, []],
    ['another', { permissions: [{ permissionId: 'read', resources: [] }] }, 'write', null, ['TOKEN_RESTRICTED']],
    ['it on a', { permissions: [{ permissionId: 'write', resources: ['zone:a'] }] }, 'write', 'zone:a', []],
    ['it on b', { roles: [{ name: 'editor', resource: 'zone:b' }] }, 'write', 'zone:a', ['TOKEN_RESTRICTED']],
    ['it on a only', { roles: [{ name: 'editor', resource: 'zone:a' }] }, 'write', null, ['TOKEN_RESTRICTED']],
    ['what nobody holds', { allRoles: true }, 'unused', null, ['NO_ROLE']],
  ] as const)('of a token that allows %s is cut by that', (_, rights, permissionId, resource, missing) => {
    expect(kinds(withToken(accessWith(on('editor')), rights), permissionId, resource)).toEqual(missing)
  })

  it('of a token never goes beyond what its access holds', () => {
    const everything = { allRoles: true, allPermissions: true }
    expect(kinds(withToken(accessWith(on('reader')), everything), 'write')).toEqual(['NO_ROLE'])
    expect(kinds(withToken(accessWith(on('editor', 'zone:a')), everything), 'write', 'zone:b')).toEqual([
      'OTHER_RESOURCE',
    ])
  })

  it('of a token names the narrower of what the role and the token are limited to', () => {
    const limited = { permissions: [{ permissionId: 'read', resources: ['zone:a', 'zone:b'] }] }
    const subject = withToken(accessWith(on('editor'), on('reader', 'zone:a')), limited)
    expect(ask(subject, 'read', 'zone:a').grants.map(({ resource }) => resource)).toEqual(['zone:a', 'zone:a'])
    expect(ask(subject, 'read', 'zone:c').missing).toEqual([
      { kind: 'TOKEN_RESTRICTED', roleId: null, resource: 'zone:a' },
      { kind: 'TOKEN_RESTRICTED', roleId: null, resource: 'zone:b' },
    ])
  })

  it('about a role is made by that role, and by a token that allows roles', () => {
    const subject = accessWith(on('editor', 'zone:a'))
    const asked = (of: Subject, roleId: string, resource: string | null) =>
      decide({ roleId, resource }, of, catalogue).missing.map(({ kind }) => kind)
    expect(asked(subject, 'editor', 'zone:a')).toEqual([])
    expect(asked(subject, 'editor', null)).toEqual(['OTHER_RESOURCE'])
    expect(asked(subject, 'reader', 'zone:a')).toEqual(['NO_ROLE'])
    expect(asked(withToken(subject, { allPermissions: true }), 'editor', 'zone:a')).toEqual(['TOKEN_RESTRICTED'])
    expect(asked(withToken(subject, { allRoles: true }), 'editor', 'zone:a')).toEqual([])
  })
})

describe('a decision in words', () => {
  it.each([
    [accessWith(on('editor')), 'write', null, 'Allowed by the role editor everywhere.'],
    [
      accessWith(on('editor'), on('reader', 'zone:a')),
      'read',
      'zone:a',
      'Allowed by the role editor everywhere and the role reader on zone:a.',
    ],
    [accessWith(on('reader', 'zone:a')), 'read', null, 'Denied: held is only the role reader on zone:a.'],
    [accessWith(), 'read', null, 'Denied: no role that gives it is held (editor and reader).'],
    [accessWith(), 'unused', null, 'Denied: no role gives it.'],
    [
      { ...withToken(accessWith(), null), userIsOver: true },
      'write',
      null,
      'Denied: the time of the user, or of the token, is over; the token does not allow it; no role that gives it is held (editor).',
    ],
    [
      withToken(accessWith(on('editor')), { permissions: [{ permissionId: 'read', resources: ['zone:a', 'zone:b'] }] }),
      'read',
      'zone:c',
      'Denied: the token allows it only on zone:a and on zone:b.',
    ],
    [null, 'fly', null, 'Denied: there is no such subject; there is no such permission.'],
  ] as const)('is one sentence (%#)', (subject, permissionId, resource, summary) => {
    expect(summaryOf(ask(subject, permissionId, resource))).toBe(summary)
  })

  it('names three of many, and how many more there are', () => {
    const held = ['a', 'b', 'c', 'd', 'e'].map((zone) => on('reader', `zone:${zone}`))
    expect(summaryOf(ask(accessWith(...held), 'read'))).toBe(
      'Denied: held is only the role reader on zone:a, the role reader on zone:b, the role reader on zone:c and 2 more.',
    )
  })

  it('has words for every kind', () => {
    for (const kind of Object.keys(missingKinds) as (keyof typeof missingKinds)[]) {
      expect(messageOf({ kind, roleId: 'reader', resource: 'zone:a' })).toMatch(/^[a-z]/)
    }
  })
})

describe('in worlds made at random', () => {
  const worlds = 10_000
  const decided = ({ roles: given, permissions, subject }: World, question: Question) =>
    decide(question, subject, catalogueOf(given, permissions))

  it('the evaluator says what a naive one says, and lists ways or what is missing, never both', () => {
    const seen = { allowed: 0, denied: 0, kinds: new Set<string>() }
    fc.assert(
      fc.property(aWorld, questions, (world, asked) => {
        const decisions = asked.map((question) => decided(world, question))
        const told = decisions.map(({ allowed, grants, missing }) => [allowed, grants.length > 0, missing.length === 0])
        const expected = asked.map((question) => naive(world, question)).map((may) => [may, may, may])
        expect(told).toEqual(expected)
        for (const { allowed, missing } of decisions) {
          seen[allowed ? 'allowed' : 'denied'] += 1
          for (const { kind } of missing) seen.kinds.add(kind)
        }
      }),
      { numRuns: worlds },
    )
    expect(Math.min(seen.allowed, seen.denied)).toBeGreaterThan(worlds)
    expect([...seen.kinds].sort()).toEqual(Object.keys(missingKinds).sort())
  })

  it('taking any one listed way away leaves it allowed exactly where another is listed', () => {
    let several = 0
    fc.assert(
      fc.property(aWorld, questions, (world, asked) => {
        const { subject } = world
        if (subject === null) return
        const without = (question: Question, gone: readonly Held[]) => {
          const held = subject.held.filter((each) => !gone.includes(each))
          return decided({ ...world, subject: { ...subject, held } }, question).allowed
        }
        const wrong = asked.filter((question) => {
          const ways = decided(world, question).grants.map(({ held }) => held)
          if (ways.length > 1) several += 1
          return without(question, ways) || ways.some((way) => without(question, [way]) !== ways.length > 1)
        })
        expect(wrong).toEqual([])
      }),
      { numRuns: worlds },
    )
    expect(several).toBeGreaterThan(worlds / 5)
  })

  it('a token never may what its access may not, and one that allows everything may the same', () => {
    fc.assert(
      fc.property(aWorld, questions, (world, asked) => {
        const { subject } = world
        if (subject === null) return
        const may = (token: Subject['token'], question: Question) =>
          decided({ ...world, subject: { ...subject, token } }, question).allowed
        const open = { status: 'ACTIVE' as const, rights: { ...nothing, allRoles: true } }
        const wrong = asked.filter((question) => {
          const access = may(null, question)
          return (may(subject.token, question) && !access) || may(open, question) !== access
        })
        expect(wrong).toEqual([])
      }),
      { numRuns: worlds },
    )
  })

  it('the ways are those of the roles that cover the resource', () => {
    fc.assert(
      fc.property(fc.array(aHeld), aRole, aResource, (held, roleId, resource) => {
        const expected = held.filter((each) => each.roleId === roleId && [null, resource].includes(each.resource))
        const { grants } = decide({ roleId, resource }, accessWith(...held), catalogue)
        expect(grants.map((grant) => grant.held)).toEqual(expected)
      }),
    )
  })
})
