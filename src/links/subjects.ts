/** Accesses, tokens and users with everything that decides what they may do: one statement, however many are asked about. */
import type { AssignmentColumns } from '../auth/decide.ts'
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { type Access, Prisma, type Token } from '../db/generated/prisma/client.ts'
import { accesses, everyAccess, everyUser, tokens, users } from '../db/tables.ts'
import { templateOf } from '../db/template.ts'
import { keysPlace, organizationPlace, organizationsPlace, type Question } from './questions.ts'

/** Who is asked about. A user may what any of its accesses may. */
export type Whom =
  | { readonly kind: 'access' | 'token'; readonly id: number }
  | { readonly kind: 'user'; readonly id: string }

/** Kind and id in one text, by which they are told apart. */
export function nameOf({ kind, id }: Whom): string {
  return `${kind} ${id}`
}

/** Whom the name stands for. */
export function whomOf(name: string): Whom {
  const [kind, id = ''] = name.split(' ')
  return kind === 'user' ? { kind, id } : { kind: kind as 'access' | 'token', id: Number(id) }
}

/**
 * A row of the access, with the columns that the request reads, and what else counts. A user has one for each of its
 * accesses; where it has none, one without an access.
 */
export type SubjectRow = Access & {
  /** The last day of its user; null: no end. */
  readonly lastDay: Date | null
  /** Null: none. */
  readonly assignments: readonly AssignmentColumns[] | null
  /** That of the catalogue in the same snapshot. */
  readonly catalogueVersion: string
} & {
  /** Those of the token that was asked about; null where the access was. */
  readonly [Member in TokenMember as `token_${Member}`]: Token[Member] | null
}

const tokenMembers = ['id', 'revokedAt', 'expiresAt', 'idleSince', 'deactivated', 'allowedScopes'] as const
type TokenMember = (typeof tokenMembers)[number]

/** What is asked of subjects of one kind: the rows that the asker may see, by the subject's id. `columns` are those of `accesses`. */
export function subjectsQuestion(kind: Whom['kind'], columns: Prisma.Sql, visibility: Visibility['kind']): Question {
  const byColumns = questions.get(columns) ?? new Map<string, Question>()
  questions.set(columns, byColumns)
  const name = `${kind} ${visibility}`
  const question = byColumns.get(name) ?? createQuestion(kind, columns, visibility)
  byColumns.set(name, question)
  return question
}

/** The visible rows of subjects of several kinds, in one statement; `"batchKey"` is the name of each one's subject. */
export function selectSubjects(asked: readonly Whom[], columns: Prisma.Sql, visibility: Visibility): Prisma.Sql {
  const kinds = [...new Set(asked.map(({ kind }) => kind))]
  const parts = kinds.map((kind) => {
    const ids = asked.filter((each) => each.kind === kind).map(({ id }) => id)
    return selectKind(kind, columns, ({ id, type, organization }) => ({
      batchKey: Prisma.sql`${`${kind} `} || ${id}`,
      where: Prisma.sql`${id} = ANY(${ids}::${type}[]) AND ${isVisible(visibility, organization)}`,
    }))
  })
  return Prisma.join(parts, ' UNION ALL ')
}

/** By the select list, which is the same object for the same columns. */
const questions = new WeakMap<Prisma.Sql, Map<string, Question>>()

function createQuestion(kind: Whom['kind'], columns: Prisma.Sql, visibility: Visibility['kind']): Question {
  const byOrganization = visibility === 'organization'
  const theirs: Visibility = byOrganization
    ? { kind: 'organization', organizationId: organizationPlace }
    : { kind: 'allOrganizations' }
  return {
    byOrganization,
    alone: templateOf(
      selectKind(kind, columns, ({ id, type, organization }) => ({
        batchKey: id,
        where: Prisma.sql`${id} = ANY(${keysPlace}::${type}[]) AND ${isVisible(theirs, organization)}`,
      })),
    ),
    shared: templateOf(
      selectKind(kind, columns, ({ id, type, organization }) =>
        byOrganization
          ? {
              batchKey: Prisma.sql`asked.key`,
              batchOrganization: Prisma.sql`asked.organization`,
              from: Prisma.sql`unnest(${keysPlace}::${type}[], (SELECT ${organizationsPlace}::uuid[])) AS asked(key, organization)`,
              where: Prisma.sql`${id} = asked.key AND ${organization} = asked.organization`,
            }
          : {
              batchKey: Prisma.sql`asked.key`,
              from: Prisma.sql`unnest(${keysPlace}::${type}[]) AS asked(key)`,
              where: Prisma.sql`${id} = asked.key`,
            },
      ),
    ),
  }
}

/** The columns of a kind's subjects that they are asked for by. */
interface SubjectColumns {
  readonly id: Prisma.Sql
  readonly type: Prisma.Sql
  readonly organization: Prisma.Sql
}

/** Which subjects are asked for, and what their rows are told apart by. */
interface Asks {
  readonly batchKey: Prisma.Sql
  readonly batchOrganization?: Prisma.Sql
  /** What is joined to find them. */
  readonly from?: Prisma.Sql
  readonly where: Prisma.Sql
}

function selectKind(kind: Whom['kind'], columns: Prisma.Sql, asks: (subject: SubjectColumns) => Asks): Prisma.Sql {
  const table = { access: accesses, token: tokens, user: users }[kind]
  const { batchKey, batchOrganization, from, where } = asks({
    id: table.id,
    type: Prisma.raw(table.typeOf('id')),
    organization: table.column('organizationId'),
  })
  const byKey = from === undefined ? Prisma.empty : Prisma.sql`${from},`
  return Prisma.sql`
    SELECT ${batchKey} AS "batchKey", ${batchOrganization === undefined ? Prisma.empty : Prisma.sql`${batchOrganization} AS "batchOrganization",`}
      ${columns}, ${users.column('expiresAt')} AS "lastDay", (
        SELECT jsonb_agg(jsonb_build_array(role_id, resource_type, resource_id, valid_until)) FROM role_assignments
        WHERE role_assignments.organization_id = accesses.organization_id AND role_assignments.access_id = accesses.id
      ) AS assignments,
      (SELECT version::text FROM catalogue_version) AS "catalogueVersion",
      ${tokenColumns((column, type) => (kind === 'token' ? column : Prisma.sql`NULL::${type}`))}
    FROM ${byKey} ${joined[kind]}
    WHERE ${where}`
}

/** A kind's subjects with their accesses: of tokens also those that were removed. */
const joined: Readonly<Record<Whom['kind'], Prisma.Sql>> = {
  access: Prisma.sql`${accesses.name} JOIN ${users.name} ON ${users.id} = ${accesses.column('userId')}`,
  token: Prisma.sql`
    ${tokens.name} JOIN ${everyAccess.name} ON ${accesses.id} = ${tokens.column('accessId')}
    JOIN ${everyUser.name} ON ${users.id} = ${accesses.column('userId')}`,
  user: Prisma.sql`${users.name} LEFT JOIN ${accesses.name} ON ${accesses.column('userId')} = ${users.id}`,
}

/** Under names of their own: those of accesses are alike. */
function tokenColumns(read: (column: Prisma.Sql, type: Prisma.Sql) => Prisma.Sql): Prisma.Sql {
  return Prisma.join(
    tokenMembers.map((member) => {
      const value = read(tokens.column(member), Prisma.raw(tokens.typeOf(member)))
      return Prisma.sql`${value} AS ${Prisma.raw(`"token_${member}"`)}`
    }),
  )
}
