/**
 * A way to the database in which the application's tenant filter is taken out of every statement. Tests that nothing foreign
 * comes out show with it that they can fail.
 */
import type { Database } from '../../src/db/client.ts'
import type { Statement } from '../../src/db/read.ts'

/** The conditions of `auth/visibility`, and that of statements that several organizations share, as they stand in SQL. */
const filters: readonly (readonly [RegExp, string])[] = [
  [/[\w."]*\borganization_id"? = (\$\d+)::uuid/g, '$1::uuid IS NOT NULL'],
  [/[\w."]*\borganization_id"? = ANY\((\$\d+)::uuid\[\]\)/g, '$1::uuid[] IS NOT NULL'],
  [/"?organizations"?\."?id"? = (\$\d+)::uuid/g, '$1::uuid IS NOT NULL'],
  [/[\w."]+ = asked\.organization\b/g, 'TRUE'],
  [/\(job\."seesAll" OR [\w."]+ = job\."sees"\)/g, 'TRUE'],
]

export function unfiltered(database: Database): Database {
  return {
    ...database,
    read: (statement, sentFor) => database.read(withoutFilter(statement), sentFor),
    write: (statement, signal, sentFor) => database.write(withoutFilter(statement), signal, sentFor),
  }
}

function withoutFilter(statement: Statement): Statement {
  const { text, values, isPlannedByValues = false } = statement
  return { text: filters.reduce((sql, [filter, by]) => sql.replace(filter, by), text), values, isPlannedByValues }
}
