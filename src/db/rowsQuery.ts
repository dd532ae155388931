/**
 * A statement on a connection of the driver whose rows are taken as they come. One that the connection knows by its name is
 * neither parsed nor described again.
 */
import type pg from 'pg'
import { serialize } from 'pg-protocol'
import type { Parameter } from './parameters.ts'
import { type RowMessages, type RowTaker, takeRowsFrom } from './rowConnection.ts'
import { type Field, type RowClass, rowClassOf, rowsFrom, type WrittenRow } from './rows.ts'

/** What is known of a statement. */
export interface KnownStatement {
  readonly text: string
  /** What the server knows it by; undefined where it is to be parsed each time. */
  readonly name: string | undefined
  /** What its rows are like; undefined until the server has told it. */
  Row: RowClass | undefined
}

/** What the driver's connections keep of the statements that they have parsed, by name. */
interface DriverConnection extends pg.Connection {
  readonly parsedStatements: Readonly<Record<string, string>>
  readonly submittedNamedStatements: Record<string, string>
}

const execute = serialize.execute()
const sync = serialize.sync()

type Done = (error: unknown, rows: readonly WrittenRow[]) => void

/** Handed to a client, or a pool, of `RowClient`s, which calls `callback` at the end. */
export class RowsQuery implements RowTaker {
  /** The driver notes by these what a connection has parsed. */
  readonly name: string | undefined
  readonly text: string
  callback: Done | undefined
  readonly #statement: KnownStatement
  readonly #values: readonly Parameter[]
  readonly #rows: WrittenRow[] = []
  #Row: RowClass | undefined
  #hasFailed = false

  constructor(statement: KnownStatement, values: readonly Parameter[]) {
    this.name = statement.name
    this.text = statement.text
    this.#statement = statement
    this.#values = values
    this.#Row = statement.Row
  }

  submit(connection: pg.Connection): null {
    takeRowsFrom(connection, this)
    // As one: several, which the stream would have to join, take longer to send than all else that is done here.
    connection.stream.write(Buffer.concat([...this.messages(connection), sync]))
    return null
  }

  /** What is sent before the Sync. */
  protected messages(connection: pg.Connection): readonly Buffer[] {
    const { name, text } = this
    const { parsedStatements, submittedNamedStatements } = connection as DriverConnection
    const isParsed = name !== undefined && (name in parsedStatements || name in submittedNamedStatements)
    const bind = serialize.bind({ statement: name ?? '', values: [...this.#values] })
    if (isParsed && this.#Row !== undefined) return [bind, execute]
    const describe = serialize.describe({ type: 'P', name: '' })
    if (isParsed) return [bind, describe, execute]
    if (name !== undefined) submittedNamedStatements[name] = text
    return [serialize.parse({ text, name: name ?? '', types: [] }), bind, describe, execute]
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#Row = rowClassOf(fields)
    this.#statement.Row = this.#Row
  }

  takeRows(messages: RowMessages): void {
    if (this.#Row === undefined) throw new Error('expected the description of the rows before them')
    rowsFrom(messages, this.#Row, this.#rows)
  }

  handleReadyForQuery(connection: pg.Connection): void {
    takeRowsFrom(connection, null)
    if (!this.#hasFailed) this.callback?.(undefined, this.#rows)
  }

  /** Called again by the driver where it has given up waiting for an answer. */
  handleError(error: unknown, connection: pg.Connection): void {
    takeRowsFrom(connection, null)
    this.#hasFailed = true
    this.callback?.(error, [])
  }

  handleCommandComplete(_message: unknown, _connection: pg.Connection): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}
