import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { modelTables } from '../../src/db/generated/tables.ts'
import { kinds } from '../../src/transfer/kinds.ts'
import { lineJsonSchema } from '../../src/transfer/lineSchema.ts'
import { readLine } from '../../src/transfer/readLine.ts'
import { longestLine, readLines } from '../../src/transfer/readLines.ts'

const id = '5f0f1c8e-6d0c-4a58-9a3e-0e6a2d5b7f10'
const user = { type: 'user', id, customer_id: 1, firstname: 'A', lastname: 'B', email: 'a@b.example', language: 'EN' }
const access = { type: 'access', id: 1, user_id: id, access_type: 'UI_CONNECTION', two_fa_enabled: true }
const assignment = { type: 'roleAssignment', access_id: 1, role_id: 'reader' }
const token = {
  type: 'token',
  id: 1,
  access_id: 1,
  name: 'deploy',
  secret_sha256: 'ab'.repeat(32),
  hint: 'abcd',
  scope: ['users:read'],
  allowed_scopes: {},
  expires_at: '2027-01-01T00:00:00Z',
}

function issuesOf(line: object | string): readonly string[] {
  const read = readLine(typeof line === 'string' ? line : JSON.stringify(line))
  return 'issues' in read ? read.issues : []
}

/** What is staged of one column of the line. */
function staged(line: object, column: string): string | null | undefined {
  const read = readLine(JSON.stringify(line))
  if ('issues' in read) throw new Error(read.issues.join('\n'))
  const names = read.kind.members.flatMap(({ columns }) => columns.map(({ name }) => name))
  return read.columns[names.indexOf(column)]
}

describe('a line', () => {
  it.each([user, access, assignment, token])('is sound with what it must have: $type', (line) => {
    expect(issuesOf(line)).toEqual([])
  })

  it.each([
    ['no JSON', '{"type": "user"', 'expected a JSON object, received what is no JSON'],
    ['a list', '[]', 'expected a JSON object'],
    ['a text', '"user"', 'expected a JSON object'],
    ['null', 'null', 'expected a JSON object'],
  ])('is refused where it is %s', (_, text, issue) => {
    expect(issuesOf(text)[0]).toContain(issue)
  })

  it('says what came instead of a type of access', () => {
    const expected = 'access_type: expected one of UI_CONNECTION, SSO_CONNECTION, API_CONNECTION, PROFILE, received'
    expect(issuesOf({ ...access, access_type: 'UI' })).toEqual([`${expected} "UI"`])
    expect(issuesOf({ type: 'access', id: 1 })).toEqual([`${expected} nothing`])
  })

  it('names the member that an object has twice, not one that two objects have', () => {
    const by = '{"user_id":"x","firstname":"A","lastname":"B"}'
    expect(issuesOf(`{"type":"user","created_by":${by},"updated_by":${by},"em\\u0061il":"a","email":"b"}`)[0]).toBe(
      'expected each member once, received "email" again',
    )
    expect(issuesOf(`{"type":"user","created_by":${by.replace('"A"', '"A","firstname":"}"')}}`)[0]).toBe(
      'expected each member once, received "firstname" again',
    )
  })

  it.each([
    [user, id.toUpperCase(), id],
    [{ type: 'permission', description: 'Reads.' }, 'DNS.Read', 'DNS.Read'],
    [access, 7, '7'],
  ])('that is wrong says what it is about, as others refer to it: %j', (line, given, about) => {
    expect(readLine(JSON.stringify({ ...line, id: given, more: 1 }))).toMatchObject({ about: { id: about } })
  })

  it.each([undefined, null, 'a\0b', '\ud800', {}, 0])('is about nothing where its id is none: %j', (given) => {
    expect(readLine(JSON.stringify({ ...user, id: given }))).toMatchObject({ about: null })
  })

  it.each([{}, { type: 'person' }, { type: null }, { type: 'toString' }])(
    'is refused with the type of nothing: %j',
    (line) => {
      expect(issuesOf(line)).toEqual([
        expect.stringMatching(/^type: expected one of organization, identityProvider, .*, token, received /),
      ])
    },
  )

  it('is refused with a member twice, which JSON takes the last of', () => {
    const text = JSON.stringify(user).replace('}', ',"email":"c@d.example"}')
    expect(issuesOf(text)).toEqual(['expected each member once, received "email" again'])
  })

  it('is not taken for one with a member twice because of what its texts say', () => {
    const odd = { ...user, firstname: '"email":', lastname: '\\"a":"b' }
    expect(issuesOf(odd)).toEqual([])
    expect(issuesOf(JSON.stringify(odd, null, ' ').replaceAll('\n', ' '))).toEqual([])
  })

  it('is refused with a member that it does not have, and says which it has', () => {
    expect(issuesOf({ ...user, frist_name: 'A' })).toEqual([
      'expected no member "frist_name"; user lines have id, customer_id, firstname, lastname, email, acct, idp_id, ' +
        'expires_at, phone, language, created_at, created_by, updated_at, updated_by',
    ])
  })

  it('is refused with a member that only another type of access has', () => {
    expect(issuesOf({ ...access, sso_id: 'a' })[0]).toMatch(/^expected no member "sso_id"; access lines have .*two_fa/)
  })

  it('says everything that is wrong with it at once', () => {
    expect(issuesOf({ type: 'user', id: 'x', customer_id: 0, language: 'IT' })).toEqual([
      'id: expected a UUID, received "x"',
      'customer_id: expected a whole number from 1 to 2000000000, received 0',
      'firstname: expected 1 to 500 printable characters, received nothing',
      'lastname: expected 1 to 500 printable characters, received nothing',
      'email: expected a mail address of at most 320 printable characters, received nothing',
      'language: expected one of EN, FR, DE, received "IT"',
    ])
  })

  it.each([
    [{ ...user, firstname: 'A\0' }, /^firstname: expected 1 to 500 .*, received a text of 2 characters, with U\+0000$/],
    [{ ...user, lastname: '\ud800' }, /^lastname: expected 1 to .*, received a text of 1 characters, with U\+D800$/],
    [{ ...user, lastname: 'ad\u200bmin' }, /^lastname: .*, received a text of 6 characters, with U\+200B$/],
    [{ ...user, acct: 'a\u202eb' }, /^acct: expected 1 to 500 printable characters, .*, with U\+202E$/],
    [{ ...user, phone: '' }, /^phone: expected 1 to 500 printable characters, received a text of 0 characters$/],
    [{ ...user, firstname: 'x'.repeat(501) }, /^firstname: .* received a text of 501 characters$/],
    [{ ...user, email: 'ada' }, /^email: expected a mail address .*, received a text of 3 characters$/],
    [{ ...user, email: 'ada@\u2066a.example' }, /^email: expected a mail address .*, with U\+2066$/],
    [
      { ...user, email: `${'a'.repeat(320)}@b` },
      /^email: expected a mail address .*, received a text of 322 characters$/,
    ],
    [{ ...access, access_type: 'PROFILE', two_fa_enabled: undefined, name: ' ' }, /^name: expected 1 to 500 printable/],
    [{ ...token, name: 'x'.repeat(201) }, /^name: expected 1 to 200 printable characters, .* 201 characters$/],
    [{ type: 'organization', id, customer_id: 1, name: 'a\nb' }, /^name: expected 1 to 500 .*, with U\+000A$/],
    [
      { type: 'permission', id: 'a', description: ' ' },
      /^description: expected 1 to 2000 characters, none of them NUL/,
    ],
    [
      { type: 'permission', id: 'a', description: '\0' },
      /^description: expected 1 to 2000 characters, none of them NUL/,
    ],
    [{ ...user, created_by: { user_id: id, firstname: '\0', lastname: '' } }, /^created_by.firstname: expected a text/],
    [
      { ...token, secret_sha256: 'secret' },
      /^secret_sha256: expected the SHA-256 .*, received a text of 6 characters$/,
    ],
    [{ ...assignment, role_id: 'a\nb' }, /^role_id: expected an id of 1 to 200 printable characters/],
  ])('is refused with a text that can not be stored, and does not repeat it', (line, issue) => {
    expect(issuesOf(line)).toEqual([expect.stringMatching(issue)])
  })

  it.each([0, -1, 1.5, 2_000_000_001, '1', null])('is refused with %j as a number that tells rows apart', (value) => {
    expect(issuesOf({ ...access, id: value })).toEqual([
      `id: expected a whole number from 1 to 2000000000, received ${JSON.stringify(value)}`,
    ])
  })

  it.each(['2026-02-30', '2026-2-3', '26-01-01', '2026-01-01T00:00:00Z', '0000-01-01', 1_732_181_400, ''])(
    'is refused with %j as a day',
    (value) => {
      expect(issuesOf({ ...user, expires_at: value })).toEqual([
        `expires_at: expected a day such as 2026-12-31, received ${JSON.stringify(value)}`,
      ])
    },
  )

  it.each([
    ...[
      '2026-11-21',
      '2026-11-21T09:30:00',
      '2026-11-21 09:30',
      '2026-11-21T09:30Z',
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '9999-12-31T23:59:59-01:00',
    ],
    ...[0, -1, 1.5, 1_732_181_400_000, true, {}],
  ])('is refused with %j as an instant', (value) => {
    expect(issuesOf({ ...user, created_at: value })).toEqual([
      expect.stringMatching(/^created_at: expected an instant in epoch seconds or as RFC 3339 has it, .*, received /),
    ])
  })

  it.each([
    [1_732_181_400, '2024-11-21T09:30:00.000Z'],
    ['2024-11-21T09:30:00Z', '2024-11-21T09:30:00.000Z'],
    ['2024-11-21T10:30:00.25+01:00', '2024-11-21T09:30:00.250Z'],
    ['2024-11-21t09:30:00z', '2024-11-21T09:30:00.000Z'],
    ['2024-11-21T09:30:00.123456789Z', '2024-11-21T09:30:00.123Z'],
  ])('has the instant %j as %s', (value, instant) => {
    expect(staged({ ...user, created_at: value }, 'created_at')).toBe(instant)
  })

  it.each([0, null])('has %j as never', (value) => {
    expect(staged({ ...access, last_login_at: value }, 'last_login_at')).toBeNull()
  })

  it.each(['example.com', 'dns:example.com', 'zone:', 'zone:exa mple', 'zone:*.example.com'])(
    'is refused with %j as a resource',
    (resource) => {
      expect(issuesOf({ ...assignment, resource })).toEqual([
        `resource: expected a resource such as zone:example.com, received ${JSON.stringify(resource)}`,
      ])
    },
  )

  it('has what can be written in several ways in one', () => {
    expect(staged({ ...assignment, resource: 'zone:Münster.Example.' }, 'resource_id')).toBe('xn--mnster-3ya.example')
    expect(staged({ ...user, id: id.toUpperCase() }, 'id')).toBe(id)
    expect(staged({ ...user, firstname: 'Ame\u0301lie' }, 'firstname')).toBe('Am\u00e9lie')
    expect(staged({ ...token, secret_sha256: 'AB'.repeat(32) }, 'secret_hash')).toBe(`\\x${'ab'.repeat(32)}`)
  })

  it.each(['tokens:issue', 'organizations:all', 'anything'])('is refused with a token that carries %s', (scope) => {
    expect(issuesOf({ ...token, scope: [scope] })[0]).toMatch(
      /^scope\.0: expected a scope of the gateway that a token may carry/,
    )
  })

  it('is refused with allowed scopes that contradict themselves', () => {
    const organization_scopes = { all_roles: true, roles: [{ name: 'reader' }] }
    const services_scopes = [{ service_definition_id: 'dns' }, { service_definition_id: 'dns' }]
    expect(issuesOf({ ...token, allowed_scopes: { organization_scopes, services_scopes } })).toEqual([
      'allowed_scopes.organization_scopes.roles: expected no roles beside allRoles',
      'allowed_scopes.services_scopes.1.service_definition_id: expected each service once',
    ])
  })
})

describe('the lines of a file', () => {
  async function read(...pieces: readonly (string | Buffer)[]) {
    const lines = []
    const stream = Readable.from(pieces.map((piece) => Buffer.from(piece)))
    for await (const { line, text, issue } of readLines(stream, () => {})) lines.push([line, text ?? issue])
    return lines
  }

  it('are the same however the file comes in pieces', async () => {
    const bytes = Buffer.from('{"a":"é"}\r\n\n{"b":1}\n  \n{"c":2}')
    const expected = [
      [1, '{"a":"é"}\r'],
      [3, '{"b":1}'],
      [5, '{"c":2}'],
    ]
    expect(await read(bytes)).toEqual(expected)
    for (let at = 0; at <= bytes.length; at++) {
      expect(await read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected)
    }
    expect(await read(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected)
  })

  it('may begin with a byte order mark', async () => {
    expect(await read('\ufeff{"a":1}\n')).toEqual([[1, '{"a":1}']])
  })

  it('that are no UTF-8 are told, and those after them are read', async () => {
    expect(await read(Buffer.from([0xff, 0x0a]), '{}\n')).toEqual([
      [1, 'expected text in UTF-8'],
      [2, '{}'],
    ])
  })

  it.each([
    ['gzip', [0x1f, 0x8b, 0x08, 0x0a, 0x00], 'what gzip has packed'],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 0x0a], 'what zstd has packed'],
    ['UTF-16, little end first', [...Buffer.from('\ufeff{}\n{}\n', 'utf16le')], 'UTF-16'],
    ['UTF-16, big end first', [...Buffer.from('\ufeff{}\n{}\n', 'utf16le').swap16()], 'UTF-16'],
  ])('are none in a file of %s, which is told once', async (_, bytes, what) => {
    expect(await read(Buffer.from(bytes), '{}\n')).toEqual([[1, `expected text in UTF-8, received ${what}`]])
  })

  it('may end as those of Windows do', async () => {
    expect((await read('{"a":1}\r\n\r\n{}\r\n')).map(([line]) => line)).toEqual([1, 3])
    expect(issuesOf(`${JSON.stringify(user)}\r`)).toEqual([])
  })

  it('that are too long are told without being kept, and those after them are read', async () => {
    const piece = 'x'.repeat(longestLine / 4)
    expect(await read(piece, piece, piece, piece, 'x\n{}')).toEqual([
      [1, `expected a line of at most ${longestLine} bytes, received ${longestLine + 1}`],
      [2, '{}'],
    ])
    expect(await read(piece, piece, piece, piece)).toEqual([[1, piece.repeat(4)]])
  })
})

describe('the kinds of lines', () => {
  /** What says where a row belongs, what the database makes itself, and what has no meaning beyond it. */
  const without = [
    'organization_id',
    'search_text',
    'accesses.held_roles',
    'role_assignments.id',
    'tokens.idle_since',
    'tokens.live_access_id',
    // Tokens of accesses that are gone are history.
    'tokens.access_removed',
    'tokens.removed_access_id',
  ]

  it('have a member for each column, so that no export leaves anything out', () => {
    for (const { table, members } of kinds) {
      const model = Object.values(modelTables).find((each) => each.table === table)
      const columns = Object.values<{ readonly name: string }>(model?.columns ?? {}).map(({ name }) => name)
      const due = columns.filter((name) => !without.includes(name) && !without.includes(`${table}.${name}`))
      const own = members.filter((member) => member.own).flatMap((member) => member.columns.map(({ name }) => name))
      expect(own.toSorted()).toEqual(due.toSorted())
    }
  })
})

describe('the JSON Schema of a line', () => {
  it('is the one in docs/, as npm run schema -- --import prints it', () => {
    const written = readFileSync(new URL('../../docs/import.schema.json', import.meta.url), 'utf8')
    expect(written).toBe(`${JSON.stringify(lineJsonSchema(), null, 2)}\n`)
  })
})
