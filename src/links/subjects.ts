/** Accesses, tokens and users with everything that decides what they may do: one statement, however many are asked about. */
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { type Access, Prisma, type ResourceType, type Token } from '../db/generated/prisma/client.ts'
import { accesses, tokens, users } from '../db/tables.ts'

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

/** Whom the row was found for. */
export function whomIn({ id, token_id: tokenId, askedUser }: SubjectRow): Whom {
  if (askedUser !== null) return { kind: 'user', id: askedUser }
  return tokenId === null ? { kind: 'access', id } : { kind: 'token', id: tokenId }
}

/**
 * A row of the access, with the columns that the request reads, and what else counts. A user has one for each of its
 * accesses; where it has none, one without an access.
 */
export type SubjectRow = Access & {
  /** The user that was asked about; null where somebody else was. */
  readonly askedUser: string | null
  /** The last day of its user; null: no end. */
  readonly lastDay: Date | null
  /** Null: none. */
  readonly assignments: readonly (readonly [roleId: string, type: ResourceType | null, id: string | null])[] | null
  /** That of the catalogue in the same snapshot. */
  readonly catalogueVersion: bigint
} & {
  /** Those of the token that was asked about; null where the access was. */
  readonly [Member in TokenMember as `token_${Member}`]: Token[Member] | null
}

const tokenMembers = ['id', 'revokedAt', 'expiresAt', 'deactivated', 'allowedScopes'] as const
type TokenMember = (typeof tokenMembers)[number]

/** The visible rows of those who are asked about, of each kind each once. `columns` are those of `accesses`. */
export function selectSubjects(asked: readonly Whom[], columns: Prisma.Sql, visibility: Visibility): Prisma.Sql {
  const idsOf = (kind: Whom['kind']) => asked.filter((each) => each.kind === kind).map(({ id }) => id)
  const [accessIds, tokenIds, userIds] = [idsOf('access'), idsOf('token'), idsOf('user')]
  const facts = Prisma.sql`${columns}, ${users.column('expiresAt')} AS "lastDay", (
    SELECT jsonb_agg(jsonb_build_array(role_id, resource_type, resource_id)) FROM role_assignments
    WHERE role_assignments.organization_id = accesses.organization_id AND role_assignments.access_id = accesses.id
  ) AS assignments, (SELECT version FROM catalogue_version) AS "catalogueVersion"`
  const withUser = Prisma.sql`${accesses.name} JOIN ${users.name} ON ${users.id} = ${accesses.column('userId')}`
  const noUser = Prisma.sql`NULL::uuid AS "askedUser"`
  const noToken = tokenColumns((_, type) => Prisma.sql`NULL::${type}`)
  const ofAccesses = Prisma.sql`
    SELECT ${facts}, ${noUser}, ${noToken} FROM ${withUser}
    WHERE ${accesses.id} = ANY(${accessIds}::integer[]) AND ${isVisible(visibility, accesses.organization)}`
  const ofTokens = Prisma.sql`
    SELECT ${facts}, ${noUser}, ${tokenColumns((column) => column)}
    FROM ${withUser} JOIN ${tokens.name} ON ${tokens.column('accessId')} = ${accesses.id}
    WHERE ${tokens.id} = ANY(${tokenIds}::integer[]) AND ${isVisible(visibility, tokens.organization)}`
  const ofUsers = Prisma.sql`
    SELECT ${facts}, ${users.id} AS "askedUser", ${noToken}
    FROM ${users.name} LEFT JOIN ${accesses.name} ON ${accesses.column('userId')} = ${users.id}
    WHERE ${users.id} = ANY(${userIds}::uuid[]) AND ${isVisible(visibility, users.organization)}`
  const parts = [
    ...(tokenIds.length === 0 ? [] : [ofTokens]),
    ...(userIds.length === 0 ? [] : [ofUsers]),
    ...(accessIds.length === 0 ? [] : [ofAccesses]),
  ]
  return Prisma.join(parts, ' UNION ALL ')
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
