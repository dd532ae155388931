/** Accesses and tokens with everything that decides what they may do: one statement, however many are asked about. */
import { isVisible, type Visibility } from '../auth/visibility.ts'
import { type Access, Prisma, type ResourceType, type Token } from '../db/generated/prisma/client.ts'
import { accesses, tokens, users } from '../db/tables.ts'

/** Who is asked about. */
export interface Whom {
  readonly kind: 'access' | 'token'
  readonly id: number
}

/** The two in one text, by which they are told apart. */
export function nameOf({ kind, id }: Whom): string {
  return `${kind} ${id}`
}

/** Whom the name stands for. */
export function whomOf(name: string): Whom {
  const [kind, id] = name.split(' ')
  return { kind: kind as Whom['kind'], id: Number(id) }
}

/** Whom the row was found for. */
export function whomIn({ id, token_id: tokenId }: SubjectRow): Whom {
  return tokenId === null ? { kind: 'access', id } : { kind: 'token', id: tokenId }
}

/** A row of the access, with the columns that the request reads, and what else counts. */
export type SubjectRow = Access & {
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

/** A visible row for each of those who are asked about, of each kind each once. `columns` are those of `accesses`. */
export function selectSubjects(asked: readonly Whom[], columns: Prisma.Sql, visibility: Visibility): Prisma.Sql {
  const idsOf = (kind: Whom['kind']) => asked.filter((each) => each.kind === kind).map(({ id }) => id)
  const [accessIds, tokenIds] = [idsOf('access'), idsOf('token')]
  const facts = Prisma.sql`${columns}, ${users.column('expiresAt')} AS "lastDay", (
    SELECT jsonb_agg(jsonb_build_array(role_id, resource_type, resource_id)) FROM role_assignments
    WHERE role_assignments.organization_id = accesses.organization_id AND role_assignments.access_id = accesses.id
  ) AS assignments, (SELECT version FROM catalogue_version) AS "catalogueVersion"`
  const withUser = Prisma.sql`${accesses.name} JOIN ${users.name} ON ${users.id} = ${accesses.column('userId')}`
  const ofAccesses = Prisma.sql`
    SELECT ${facts}, ${tokenColumns((_, type) => Prisma.sql`NULL::${type}`)} FROM ${withUser}
    WHERE ${accesses.id} = ANY(${accessIds}::integer[]) AND ${isVisible(visibility, accesses.organization)}`
  const ofTokens = Prisma.sql`
    SELECT ${facts}, ${tokenColumns((column) => column)}
    FROM ${withUser} JOIN ${tokens.name} ON ${tokens.column('accessId')} = ${accesses.id}
    WHERE ${tokens.id} = ANY(${tokenIds}::integer[]) AND ${isVisible(visibility, tokens.organization)}`
  if (tokenIds.length === 0) return ofAccesses
  return accessIds.length === 0 ? ofTokens : Prisma.sql`${ofAccesses} UNION ALL ${ofTokens}`
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
