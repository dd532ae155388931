/** W3: 100 flat users by offset. */
import type { Workload } from './workload.ts'

interface FlatUser {
  readonly id: string
  readonly firstname: string
  readonly lastname: string
  readonly email: string
  readonly phone: string | null
  readonly language: string
  readonly createdAt: string
}

type RowUser = Omit<FlatUser, 'id'> & { readonly rowId: string }

/** Instants are compared as such, however they are written. */
function read({ id, firstname, lastname, email, phone, language, createdAt }: FlatUser): FlatUser {
  return { id, firstname, lastname, email, phone, language, createdAt: new Date(createdAt).toISOString() }
}

// What the offset skips is skipped by ids alone.
const rowsOfPage = `(SELECT id FROM users WHERE organization_id = $1::uuid ORDER BY id LIMIT $2::integer OFFSET $3::integer)
  AS page JOIN users AS u ON u.id = page.id`
const wholeRows = `(SELECT * FROM users WHERE organization_id = $1::uuid ORDER BY id LIMIT $2::integer OFFSET $3::integer) AS u`

const listed = (source: string) => `SELECT coalesce(json_agg(json_build_object('id', u.id, 'firstname', u.firstname,
  'lastname', u.lastname, 'email', u.email, 'phone', u.phone, 'language', u.language, 'createdAt', u.created_at)
  ORDER BY u.id), '[]'::json)::text FROM ${source}`

export const w3: Workload = {
  name: 'W3',
  title: '100 flat users by offset',
  size: 100,
  mark: '"lastname"',
  writes: false,
  byLatency: false,
  raw: {
    forms: {
      async 'json, ids first'(sql, { organization, size, offset }) {
        const rows: readonly (readonly string[])[] = await sql.rows('W3 ids', listed(rowsOfPage), [
          organization,
          size,
          offset,
        ])
        return rows[0]?.[0] ?? '[]'
      },
      async 'json, rows at once'(sql, { organization, size, offset }) {
        const rows: readonly (readonly string[])[] = await sql.rows('W3 once', listed(wholeRows), [
          organization,
          size,
          offset,
        ])
        return rows[0]?.[0] ?? '[]'
      },
      async 'flat rows, ids first'(sql, { organization, size, offset }) {
        const rows: readonly (readonly string[])[] = await sql.rows(
          'W3 rows',
          `SELECT u.id, u.firstname, u.lastname, u.email, u.phone, u.language::text, u.created_at::text
           FROM ${rowsOfPage} ORDER BY u.id`,
          [organization, size, offset],
        )
        return JSON.stringify(
          rows.map(([id, firstname, lastname, email, phone, language, createdAt]) => ({
            id,
            firstname,
            lastname,
            email,
            phone,
            language,
            createdAt: `${createdAt?.replace(' ', 'T')}:00`,
          })),
        )
      },
    },
    read: (users: readonly FlatUser[]) => users.map(read),
  },
  graphql: {
    gateway: {
      query: `query W3($limit: Int!, $offset: Int!) {
        users(limit: $limit, offset: $offset) {
          results { id firstname lastname email phone language createdAt }
        }
      }`,
      variables: ({ size, offset }) => ({ limit: size, offset }),
      read: ({ users }: { readonly users: { readonly results: readonly FlatUser[] } }) => users.results.map(read),
    },
    postgraphile: {
      query: `query W3($organization: UUID!, $first: Int!, $offset: Int!) {
        allUsersList(condition: { organizationId: $organization }, first: $first, offset: $offset) {
          rowId firstname lastname email phone language createdAt
        }
      }`,
      variables: ({ organization, size, offset }) => ({ organization, first: size, offset }),
      read: ({ allUsersList }: { readonly allUsersList: readonly RowUser[] }) =>
        allUsersList.map(({ rowId, ...user }) => read({ id: rowId, ...user })),
    },
    plain: {
      query: `query W3($organization: String!, $limit: Int!, $offset: Int!) {
        users(organization: $organization, limit: $limit, offset: $offset) {
          id firstname lastname email phone language createdAt
        }
      }`,
      variables: ({ organization, size, offset }) => ({ organization, limit: size, offset }),
      read: ({ users }: { readonly users: readonly FlatUser[] }) => users.map(read),
    },
  },
}
