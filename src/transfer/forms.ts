/**
 * The forms of values in lines of import and export: how each is checked, what it is stored as, and how it is written back.
 * What is written back is read as the same.
 */
import { z } from 'zod'
import type { AuthorSnapshot } from '../auth/author.ts'
import { canonicalResource, formatResource, isResource, parseResource, resourcePattern } from '../auth/resource.ts'
import { allScopes, grantableScopes } from '../auth/scopes.ts'
import { isUuid } from '../auth/uuid.ts'
import { dayOf, instantOf } from '../instants.ts'
import { isPrintableName, isStorable } from '../printable.ts'
import { lengthOf, mailRule, type TextRule } from '../writtenTexts.ts'

/** A form of values. */
export interface Form {
  /** JSON → what is stored, in JavaScript. Its issues say what was expected and what came instead. */
  readonly schema: z.ZodType
  /** The SQL type that it is stored as. */
  readonly type: string
  /** What is stored → the text that the database reads. */
  stored(value: unknown): string
  /** The column → what `written` takes. */
  selected(column: string): string
  /** What was selected → JSON. */
  written(value: unknown): unknown
}

const asText = { stored: String, selected: (column: string) => column, written: (value: unknown) => value }

type Shown = 'shown' | 'hidden'

/** Says what was expected of a value. Texts that are personal or secret are not repeated. */
export function expecting(what: string, shown: Shown = 'shown') {
  return { error: ({ input }: { readonly input?: unknown }) => `expected ${what}, received ${received(input, shown)}` }
}

const longestShown = 60

function received(input: unknown, shown: Shown): string {
  if (input === undefined) return 'nothing'
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object' && input !== null) return 'an object'
  if (typeof input === 'string' && shown === 'hidden') return `a text of ${lengthOf(input)}`
  const written = JSON.stringify(input)
  return written.length > longestShown ? `${written.slice(0, longestShown)}…` : written
}

/** A schema of what `base` takes and `read` makes something of; `undefined`: it is not what is expected. */
function reading<Given, Read>(
  base: z.ZodType<Given>,
  read: (given: Given) => Read | undefined,
  what: string,
  shown: Shown = 'shown',
) {
  return base.transform((given, context): Read => {
    const value = read(given)
    if (value !== undefined) return value
    context.addIssue(expecting(what, shown).error({ input: given }))
    return z.NEVER
  })
}

const string = (what: string, shown: Shown = 'shown') => z.string(expecting(what, shown))

/** A text that people write. It may be personal, and is not repeated. */
export function text({ expected, most, read }: TextRule): Form {
  return {
    ...asText,
    type: 'text',
    schema: reading(string(expected, 'hidden'), (value) => read(value) ?? undefined, expected, 'hidden').meta({
      minLength: 1,
      maxLength: most,
    }),
  }
}

export const email: Form = text(mailRule)

/** The id of a role or a permission. */
export const catalogueId: Form = {
  ...asText,
  type: 'text',
  schema: reading(
    string('an id of 1 to 200 printable characters'),
    (value) => (isPrintableName(value, 200) ? value : undefined),
    'an id of 1 to 200 printable characters',
  ).meta({ minLength: 1, maxLength: 200 }),
}

const fourCharacters = reading(
  string('4 characters', 'hidden'),
  (value) => ([...value].length === 4 && isStorable(value) ? value : undefined),
  '4 characters',
  'hidden',
).meta({ minLength: 4 })

/** The end of a secret, by which tokens are told apart. */
export const hint: Form = { ...asText, type: 'text', schema: fourCharacters }

export const uuid: Form = {
  ...asText,
  type: 'uuid',
  schema: reading(string('a UUID'), (value) => (isUuid(value) ? value.toLowerCase() : undefined), 'a UUID').meta({
    format: 'uuid',
  }),
}

/** The ids from here on are left to what is made in the gateway. */
const largestId = 2_000_000_000

/** A number that is given by whoever writes the file. */
export const id: Form = {
  ...asText,
  type: 'integer',
  schema: z
    .int(expecting(`a whole number from 1 to ${largestId}`))
    .min(1, expecting(`a whole number from 1 to ${largestId}`))
    .max(largestId, expecting(`a whole number from 1 to ${largestId}`)),
}

export const flag: Form = { ...asText, type: 'boolean', schema: z.boolean(expecting('true or false')) }

/** One of the values of a type of the database. */
export function oneOf(type: string, values: readonly [string, ...string[]]): Form {
  return {
    ...asText,
    type,
    schema: z.enum(values, expecting(`one of ${values.join(', ')}`)),
    selected: (column) => `${column}::text`,
  }
}

/** A day, as a full-date of RFC 3339. */
export const day: Form = {
  ...asText,
  type: 'date',
  schema: reading(
    string('a day such as 2026-12-31'),
    (value) => (dayOf(value) === undefined ? undefined : value),
    'a day such as 2026-12-31',
  ).meta({ format: 'date' }),
  selected: (column) => `${column}::text`,
}

const anInstant = 'an instant in epoch seconds or as RFC 3339 has it, such as 2026-11-21T09:30:00Z'
const endOfTime = 253_402_300_799

/** ISO 8601 in UTC with milliseconds, which is what is kept of it; undefined for what is no instant. */
function readInstant(given: string | number): string | undefined {
  if (typeof given === 'number') {
    return given >= 1 && given <= endOfTime ? new Date(given * 1_000).toISOString() : undefined
  }
  const written = instantOf(given)?.toISOString()
  return written?.startsWith('+') ? undefined : written
}

const instantBase = z.union([z.int(), z.string().meta({ format: 'date-time' })], expecting(anInstant))

export const instant: Form = {
  ...asText,
  type: 'timestamptz',
  schema: reading(instantBase, readInstant, anInstant).meta({
    description: 'An instant, in epoch seconds or as RFC 3339 has it. Milliseconds are kept.',
  }),
  selected: (column) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
}

/** An instant, or never: null, or 0 of epoch seconds. */
export const instantOrNever: Form = {
  ...instant,
  schema: reading(
    instantBase.nullable(),
    (given) => (given === null || given === 0 ? null : readInstant(given)),
    `${anInstant}, or null for never`,
  ).meta({ description: 'An instant, in epoch seconds or as RFC 3339 has it. Null, or 0: never.' }),
}

/** A SHA-256 in hex. */
export const sha256: Form = {
  type: 'bytea',
  schema: reading(
    string('the SHA-256 of the secret, 64 hexadecimal digits', 'hidden'),
    (value) => (/^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined),
    'the SHA-256 of the secret, 64 hexadecimal digits',
    'hidden',
  ).meta({ pattern: '^[0-9a-fA-F]{64}$' }),
  stored: (value) => `\\x${value}`,
  selected: (column) => `encode(${column}, 'hex')`,
  written: (value) => value,
}

function list(items: z.ZodType<string>): Form {
  return {
    ...asText,
    type: 'text[]',
    schema: z.array(items, expecting('a list')).transform((values) => [...new Set(values)]),
    stored: (value) =>
      `{${(value as readonly string[]).map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`,
  }
}

const carried = grantableScopes(new Set(allScopes))

/** Scopes of the gateway that a token may carry. */
export const gatewayScopes = list(
  z.enum(carried as unknown as [string, ...string[]], expecting('a scope of the gateway that a token may carry')),
)

/** SHA-256s of documents in hex. */
export const documentHashes = list(
  reading(
    string('the SHA-256 of a document, 64 hexadecimal digits'),
    (value) => (/^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined),
    'the SHA-256 of a document, 64 hexadecimal digits',
  ).meta({ pattern: '^[0-9a-fA-F]{64}$' }),
)

/** Ids of permissions, by their bytes, as the database gives them. */
export const permissionIds: Form = {
  ...list(catalogueId.schema as z.ZodType<string>),
  schema: z
    .array(catalogueId.schema as z.ZodType<string>, expecting('a list of ids of permissions'))
    .transform((ids) => [...new Set(ids)].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))),
}

const aResource = 'a resource such as zone:example.com'

/** A resource in any spelling → its text in the one that is kept. */
export const resourceText = reading(
  string(aResource),
  (value) => {
    if (!isResource(value)) return undefined
    const canonical = canonicalResource(parseResource(value))
    return canonical === null ? undefined : formatResource(canonical)
  },
  aResource,
).meta({ pattern: resourcePattern, description: 'A resource such as zone:example.com, in any spelling.' })

/** A resource in its text form. It is stored in two columns: `kinds.ts` says how. */
export const resource: Form = { ...asText, type: 'text', schema: resourceText }

const author = z
  .strictObject(
    {
      user_id: uuid.schema as z.ZodType<string>,
      firstname: z.string(expecting('a text', 'hidden')).refine(isStorable, expecting('a text', 'hidden')),
      lastname: z.string(expecting('a text', 'hidden')).refine(isStorable, expecting('a text', 'hidden')),
      access_id: (id.schema as z.ZodType<number>).nullable().optional(),
    },
    expecting('an author: user_id, firstname, lastname and, where known, access_id'),
  )
  .transform(({ user_id: userId, access_id: accessId, ...names }): AuthorSnapshot => {
    return { ...(accessId === undefined ? {} : { accessId }), userId, ...names }
  })

/** Who did something, as a snapshot: `{ user_id, firstname, lastname, access_id }`. */
export const authorForm: Form = {
  type: 'jsonb',
  schema: author.meta({ description: 'Who did it, as a snapshot that survives what it points at.' }),
  stored: JSON.stringify,
  selected: (column) => column,
  written(value) {
    const { accessId, userId, firstname, lastname } = value as AuthorSnapshot
    return { user_id: userId, firstname, lastname, ...(accessId === undefined ? {} : { access_id: accessId }) }
  },
}
