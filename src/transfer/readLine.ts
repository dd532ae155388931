/** The text of a line → what is staged of it, or everything that is wrong with it. */
import type { z } from 'zod'
import { bitOf, type Kind } from './kind.ts'
import { kinds } from './kinds.ts'
import { lineSchemas, type Values } from './lineSchema.ts'

/** What is staged of a line: the columns of its kind, in their order, as the database reads them. */
export interface StagedLine {
  readonly kind: Kind
  /** Which of the optional members it has, as bits. */
  readonly given: number
  readonly columns: readonly (string | null)[]
}

/** What is wrong with a line. */
export interface BadLine {
  readonly issues: readonly string[]
  /** What the line is about, where it says so: those that refer to it are not wrong because it is. */
  readonly about: { readonly kind: Kind; readonly id: string } | null
}

const types = new Map(kinds.map((kind) => [kind.type, kind]))
const typesExpected = `expected one of ${[...types.keys()].join(', ')}`

/** Reads the text of a line. */
export function readLine(text: string): StagedLine | BadLine {
  const parsed = parsedJson(text)
  if (typeof parsed === 'string') return { issues: [parsed], about: null }
  const type = 'type' in parsed ? parsed.type : undefined
  const kind = types.get(type as string)
  if (kind === undefined) {
    const came =
      typeof type === 'string' ? JSON.stringify(type.slice(0, 60)) : type === undefined ? 'nothing' : typeof type
    return { issues: [`type: ${typesExpected}, received ${came}`], about: null }
  }
  const result = lineSchemas.get(kind.type)?.safeParse(parsed)
  const repeated = repeatedMember(text, parsed)
  if (result?.success && repeated === null) return staged(kind, result.data)
  return {
    issues: [
      ...(repeated === null ? [] : [`expected each member once, received ${JSON.stringify(repeated)} again`]),
      ...(result?.error?.issues ?? []).map((issue) => issueText(kind, parsed, issue)),
    ],
    about: aboutOf(kind, parsed),
  }
}

/** Where the id is none, nothing sound refers to it. */
function aboutOf(kind: Kind, line: object): BadLine['about'] {
  const schema = kind.members.find(({ name }) => name === 'id')?.form.schema
  const id = 'id' in line ? schema?.safeParse(line.id) : undefined
  return id?.success ? { kind, id: String(id.data) } : null
}

function parsedJson(text: string): object | string {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? value : 'expected a JSON object'
  } catch (error) {
    // V8 repeats the text around the place: it may be personal.
    const place = /at position \d+/.exec(error instanceof Error ? error.message : '')
    return `expected a JSON object, received what is no JSON${place === null ? '' : ` ${place[0]}`}`
  }
}

function issueText(kind: Kind, line: object, issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const path = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
    const known = issue.path.length === 0 ? `; ${kind.noun} lines have ${membersOf(kind, line).join(', ')}` : ''
    return `${path}expected no member ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}${known}`
  }
  return `${issue.path.join('.')}: ${issue.message}`
}

function membersOf({ members }: Kind, line: object): readonly string[] {
  const accessType = 'access_type' in line ? line.access_type : undefined
  return members
    .filter(({ only }) => only === undefined || only.some((type) => type === accessType))
    .map(({ name }) => name)
}

/** Texts of a JSON document, each with the colon that makes it the name of a member. */
const textsOfJson = /"(?:[^"\\]|\\.)*"(\s*:)?/g
/** The same, and where objects begin and end. */
const partsOfJson = /"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}]/g

/** The name of a member that an object has twice, which JSON.parse takes the last of; null where there is none. */
function repeatedMember(text: string, parsed: object): string | null {
  let names = 0
  for (const [, colon] of text.matchAll(textsOfJson)) if (colon !== undefined) names += 1
  if (names === membersIn(parsed)) return null
  const open: Set<string>[] = []
  for (const [part] of text.matchAll(partsOfJson)) {
    if (part === '{') open.push(new Set())
    else if (part === '}') open.pop()
    else if (part.endsWith(':')) {
      const name: string = JSON.parse(part.slice(0, part.lastIndexOf('"') + 1))
      const members = open.at(-1)
      if (members?.has(name)) return name
      members?.add(name)
    }
  }
  return null
}

/** How many members the value has, those of what is in it included. */
function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = Array.isArray(value) ? 0 : Object.keys(value).length
  for (const each of Object.values(value)) count += membersIn(each)
  return count
}

function staged(kind: Kind, values: Values): StagedLine {
  let given = 0
  const columns: (string | null)[] = []
  for (const member of kind.members) {
    const value = values[member.name]
    if (value !== undefined && !member.required) given |= bitOf(kind, member)
    for (const column of member.columns) columns.push(value === undefined ? null : column.stored(value))
  }
  return { kind, given, columns }
}
