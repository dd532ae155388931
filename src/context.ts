/** What resolvers are given: one for each request, made by the gateway and never by hand. */
import type { Principal } from './auth/principal.ts'
import { type Visibility, visibilityOf } from './auth/visibility.ts'
import { type Caller, createCaller } from './caller.ts'
import type { Catalogues } from './db/catalogue.ts'
import { databaseFailure } from './db/failure.ts'
import type { PrismaClient } from './db/generated/prisma/client.ts'
import type { Read } from './db/read.ts'
import type { Share } from './db/shares.ts'
import type { Deadline } from './deadline.ts'
import { type Columns, columnsOf, type ReadMembers } from './links/columns.ts'
import { Loaders } from './links/loaders.ts'
import { createPerField, type PerField } from './links/perField.ts'
import type { AskTogether, Groups, Key, Question } from './links/questions.ts'
import type { SearchRules } from './search/rules.ts'

/** The rules that are the operator's to set. */
export interface Policy {
  /** Rows of a page, and ids of a list, at most. */
  readonly mostRows: number
  /** Seconds that a token lives when its issuer names no end. */
  readonly tokenDefaultLifetime: number
  /** Seconds that a token may live. */
  readonly tokenMaxLifetime: number
}

export interface Context {
  readonly principal: Principal
  readonly visibility: Visibility
  readonly caller: Caller
  /** The instant at which the request came: the same for everything that it asks. */
  readonly now: Date
  /** Aborted at the deadline: nothing further is begun, and nothing is changed any more. */
  readonly signal: AbortSignal
  /** What the caller may have of the connections to the database. */
  readonly share: Share
  readonly read: Read
  readonly columns: Columns
  readonly loaders: Loaders
  readonly perField: PerField
  readonly prisma: PrismaClient
  readonly rules: SearchRules
  readonly policy: Policy
  readonly requestId: string
  /** What the request has taken so far, for the record. */
  readonly tally: Tally
  /** Makes everything be found anew, by the request alone: what happens then depends on nobody else. */
  beginAnew(): void
}

/** Counts while the request runs. */
export interface Tally {
  statements: number
}

export interface ContextOptions {
  readonly principal: Principal
  readonly prisma: PrismaClient
  readonly read: Read
  /** Answers questions together with those of other requests. */
  readonly askTogether: AskTogether
  readonly catalogues: Catalogues
  readonly policy: Policy
  readonly now: Date
  readonly deadline: Deadline
  readonly share: Share
  readonly requestId: string
  /** The members of rows that the operation's fields declare to read. */
  readonly members: ReadMembers
}

/** The context of one request, with loaders of its own. */
export function createContext(given: ContextOptions): Context {
  const { read, askTogether, catalogues, members, deadline, ...options } = given
  const { principal, policy, now, share } = options
  const tally: Tally = { statements: 0 }
  const readInTurn: Read = (statement) =>
    share.use(() => {
      tally.statements += 1
      return read(statement)
    })
  const onceFailing = createOnceFailing()
  const bounded: Read = (statement) => onceFailing(statement.text, () => deadline.reading(() => readInTurn(statement)))
  const visibility = visibilityOf(principal)
  const organizationId = visibility.kind === 'organization' ? visibility.organizationId : null
  const asker = { organizationId, share, alone: false }
  const ask = <Row extends object>(question: Question, keys: readonly Key[]): Promise<Groups<Row>> =>
    onceFailing(question, () =>
      deadline.reading(() => {
        tally.statements += 1
        return askTogether<Row>(question, keys, asker)
      }),
    )
  const columns = columnsOf(members)
  const loaders = new Loaders({ read: bounded, ask, visibility, columns, catalogues })
  return {
    ...options,
    signal: deadline.signal,
    visibility,
    read: bounded,
    columns,
    loaders,
    caller: createCaller(principal, loaders),
    perField: createPerField(),
    rules: { now, mostRows: policy.mostRows },
    tally,
    beginAnew() {
      asker.alone = true
      loaders.forget()
    },
  }
}

/**
 * Remembers for one request which statements the database could not answer. What its plan could not run is run again to
 * tell where it failed: such a statement would only take as long again.
 */
function createOnceFailing() {
  const failures = new Map<unknown, unknown>()
  return async <T>(asked: unknown, ask: () => Promise<T>): Promise<T> => {
    if (failures.has(asked)) throw failures.get(asked)
    try {
      return await ask()
    } catch (error) {
      if (databaseFailure(error) !== undefined) failures.set(asked, error)
      throw error
    }
  }
}
