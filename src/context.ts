/** What resolvers are given: one for each request, made by the gateway and never by hand. */
import type { Principal } from './auth/principal.ts'
import type { Scope } from './auth/scopes.ts'
import { type TokenTime, tokenTime } from './auth/token.ts'
import type { UnknownSecrets } from './auth/unknownSecrets.ts'
import { type Visibility, visibilityOf } from './auth/visibility.ts'
import { type Caller, createCaller } from './caller.ts'
import type { Catalogues } from './db/catalogue.ts'
import type { Changes } from './db/change.ts'
import { databaseFailure } from './db/failure.ts'
import type { PrismaClient } from './db/generated/prisma/client.ts'
import { counting, type Read, type Statement } from './db/read.ts'
import type { Share } from './db/shares.ts'
import type { Deadline } from './deadline.ts'
import { type Columns, columnsOf, type ReadMembers } from './links/columns.ts'
import { Loaders } from './links/loaders.ts'
import { createPerField, type PerField } from './links/perField.ts'
import type { AskTogether, Groups, Key, Question } from './links/questions.ts'
import type { Tally } from './observer.ts'
import { knowingRoles } from './search/rolesHolding.ts'
import type { SearchRules } from './search/rules.ts'

/** The rules that are the operator's to set. */
export interface Policy {
  /** Rows of a page, and ids of a list, at most. */
  readonly mostRows: number
  /** Seconds that a token lives when its issuer names no end. */
  readonly tokenDefaultLifetime: number
  /** Seconds that a token may live. */
  readonly tokenMaxLifetime: number
  /** The permission by which an access may assign roles. */
  readonly roleAssignPermission: string
  /** Seconds after which a token that is not used stops; null: it does not by that. */
  readonly tokenIdleLifetime: number | null
}

/** A scope that an operation needs, and the schema coordinates of the fields that need it, sorted. */
export interface NeededScope {
  readonly scope: Scope
  readonly fields: readonly string[]
}

/** Documents that are asked about before they are sent. */
export interface Documents {
  /**
   * The scopes that a document's operation needs, sorted: with these variables, or in the worst case where they are null or
   * undefined. Throws BAD_USER_INPUT for a document that would be refused, and for variables that do not fit.
   */
  scopesOf(document: string, operationName: string | null | undefined, variables: unknown): readonly NeededScope[]
  /** What the document needs, whichever of its operations is run; or everything for which it would be refused. */
  read(document: string): DocumentNeeds | DocumentProblems
}

/** What a document is told by, and needs. */
export interface DocumentNeeds {
  /** The same for documents that differ in their layout only. */
  readonly hash: string
  /** Of all of its operations, in the worst case; sorted. */
  readonly scopes: readonly Scope[]
}

export interface DocumentProblems {
  /** Each with its line and its column, where it has a place. */
  readonly problems: readonly string[]
}

export interface Context {
  readonly principal: Principal
  readonly visibility: Visibility
  readonly caller: Caller
  /** The instant at which the request came: the same for everything that it asks. */
  readonly now: Date
  /** The same as the status of tokens is told by. */
  readonly tokenTime: TokenTime
  /** Aborted at the deadline: nothing further is begun, and nothing is changed any more. */
  readonly signal: AbortSignal
  /** What the caller may have of the connections to the database. */
  readonly share: Share
  readonly read: Read
  readonly changes: Changes
  readonly columns: Columns
  readonly loaders: Loaders
  readonly perField: PerField
  /** The same for what is done once, and not found anew. */
  readonly once: PerField
  readonly prisma: PrismaClient
  readonly rules: SearchRules
  readonly policy: Policy
  readonly documents: Documents
  /** Secrets that were looked for in vain. */
  readonly unknownSecrets: UnknownSecrets
  readonly requestId: string
  /** What the request has taken so far, for the record. */
  readonly tally: Tally
  /** Makes everything be found anew, by the request alone: what happens then depends on nobody else. */
  beginAnew(): void
}

export interface ContextOptions {
  readonly principal: Principal
  readonly prisma: PrismaClient
  readonly read: Read
  /** Answers questions together with those of other requests. */
  readonly askTogether: AskTogether
  readonly catalogues: Catalogues
  readonly changes: Changes
  readonly policy: Policy
  readonly documents: Documents
  readonly unknownSecrets: UnknownSecrets
  readonly now: Date
  readonly deadline: Deadline
  readonly share: Share
  readonly requestId: string
  /** Goes on from what the request has taken before. */
  readonly tally: Tally
  /** The members of rows that the operation's fields declare to read. */
  readonly members: ReadMembers
}

/** The context of one request, with loaders of its own. */
export function createContext(options: ContextOptions): Context {
  return new RequestContext(options)
}

/** Makes its parts when they are first asked for: most requests need few of them. */
class RequestContext implements Context {
  readonly principal: Principal
  readonly now: Date
  readonly share: Share
  readonly prisma: PrismaClient
  readonly changes: Changes
  readonly policy: Policy
  readonly documents: Documents
  readonly unknownSecrets: UnknownSecrets
  readonly requestId: string
  readonly tally: Tally
  readonly #options: ContextOptions
  #isAlone = false
  /** The statements, and the questions, that the database could not answer. */
  #failures: Map<unknown, unknown> | undefined
  #visibility: Visibility | undefined
  #read: Read | undefined
  #columns: Columns | undefined
  #loaders: Loaders | undefined
  #caller: Caller | undefined
  #perField: PerField | undefined
  #once: PerField | undefined
  #rules: SearchRules | undefined
  #tokenTime: TokenTime | undefined

  constructor(options: ContextOptions) {
    const { principal, now, share, prisma, changes, policy, documents, unknownSecrets, requestId, tally } = options
    this.#options = options
    this.principal = principal
    this.now = now
    this.share = share
    this.prisma = prisma
    this.changes = changes
    this.policy = policy
    this.documents = documents
    this.unknownSecrets = unknownSecrets
    this.requestId = requestId
    this.tally = tally
  }

  get signal(): AbortSignal {
    return this.#options.deadline.signal
  }

  get visibility(): Visibility {
    this.#visibility ??= visibilityOf(this.principal)
    return this.#visibility
  }

  get read(): Read {
    this.#read ??= knowingRoles(
      (statement) => this.#bounded(statement.text, () => this.#readInTurn(statement)),
      () => this.loaders.catalogue(),
    )
    return this.#read
  }

  get columns(): Columns {
    this.#columns ??= columnsOf(this.#options.members)
    return this.#columns
  }

  get loaders(): Loaders {
    this.#loaders ??= new Loaders({
      read: this.read,
      ask: (question, keys) => this.#bounded(question, () => this.#ask(question, keys)),
      visibility: this.visibility,
      columns: this.columns,
      catalogues: this.#options.catalogues,
      now: this.now,
    })
    return this.#loaders
  }

  get caller(): Caller {
    this.#caller ??= createCaller(this.principal, this.loaders)
    return this.#caller
  }

  get perField(): PerField {
    this.#perField ??= createPerField()
    return this.#perField
  }

  get once(): PerField {
    this.#once ??= createPerField()
    return this.#once
  }

  get tokenTime(): TokenTime {
    this.#tokenTime ??= tokenTime(this.now, this.policy.tokenIdleLifetime)
    return this.#tokenTime
  }

  get rules(): SearchRules {
    const { mostRows, tokenIdleLifetime } = this.policy
    this.#rules ??= { now: this.now, tokenTime: this.tokenTime, tokenIdleLifetime, mostRows }
    return this.#rules
  }

  beginAnew(): void {
    this.#isAlone = true
    this.#loaders?.forget()
    this.#perField = undefined
  }

  /**
   * Asks until the deadline. What the database could not answer is not asked again: what a plan could not run is run again
   * to tell where it failed, and such a statement would only take as long again.
   */
  #bounded<T>(asked: unknown, ask: () => Promise<T>): Promise<T> {
    const failures = this.#failures
    if (failures?.has(asked)) return Promise.reject(failures.get(asked))
    return this.#options.deadline.reading(ask, (error) => {
      if (databaseFailure(error) === undefined) return
      this.#failures ??= new Map()
      this.#failures.set(asked, error)
    })
  }

  /** Reads when the caller may have a connection, and counts. */
  #readInTurn<Row extends object>(statement: Statement): Promise<Row[]> {
    return this.share.use(() => counting(this.#options.read, this.tally)<Row>(statement, this.visibility))
  }

  #ask<Row extends object>(question: Question, keys: readonly Key[]): Promise<Groups<Row>> {
    const { visibility, share } = this
    const organizationId = visibility.kind === 'organization' ? visibility.organizationId : null
    this.tally.statements += 1
    return this.#options.askTogether<Row>(question, keys, { organizationId, share, alone: this.#isAlone })
  }
}
