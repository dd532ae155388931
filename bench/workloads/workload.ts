/** What a workload is: the same question to every contestant, and how the same answer is read out of theirs. */

/** What one request asks for. Each workload uses what it needs of it. */
export interface Parameters {
  readonly organization: string
  readonly user: string
  /** An access that may hold tokens. */
  readonly access: number
  /** The roles that it holds everywhere. */
  readonly roles: readonly string[]
  readonly permission: string
  /** The user after whom a page begins, and how many are before the first of a page. */
  readonly after: string
  readonly offset: number
  /** Rows of a page. */
  readonly size: number
}

export interface GraphqlRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** Writes an id as the cursor that a contestant takes. */
export type CursorOf = (id: string) => string

/** A GraphQL contestant's side of a workload. */
export interface GraphqlSide {
  readonly query: string
  variables(parameters: Parameters, cursorOf: CursorOf): Readonly<Record<string, unknown>>
  /** What `data` says, in the form that all contestants are compared in. */
  read(data: never): unknown
}

/** Sends a named statement and gives its rows, arrays of texts and numbers. */
export type Rows = (name: string, text: string, values: readonly unknown[]) => Promise<readonly never[]>

/** The pool of the hand-tuned SQL. */
export interface Sql {
  readonly rows: Rows
  /** Does the work in a transaction of its own. */
  transaction<T>(work: (rows: Rows) => Promise<T>): Promise<T>
}

/** A way to write the hand-tuned SQL: gives the answer as JSON text. */
export type Form = (sql: Sql, parameters: Parameters) => Promise<string>

export interface RawSide {
  /** The forms that were tried; the fastest one is what the others are measured against. */
  readonly forms: Readonly<Record<string, Form>>
  read(data: never): unknown
}

/** Cerbos's side of a workload, where it has one. */
export interface CerbosSide {
  readonly path: string
  /** What each right answer has near its beginning. */
  readonly mark: string
  body(parameters: Parameters): unknown
  read(answer: never): unknown
}

export type GraphqlContestant = 'gateway' | 'postgraphile' | 'plain'

export interface Workload {
  readonly name: string
  readonly title: string
  /** Rows of a page; 1 where it is not about pages. Its organizations have that many users at least. */
  readonly size: number
  /** What each right answer has near its beginning. */
  readonly mark: string
  /** Whether it leaves rows behind. */
  readonly writes: boolean
  /** Whether its speed is the time for an answer (p50 at one connection) and not the requests a second. */
  readonly byLatency: boolean
  readonly raw: RawSide
  readonly graphql: Readonly<Record<GraphqlContestant, GraphqlSide>>
  readonly cerbos?: CerbosSide
}
