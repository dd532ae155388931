/** Why an operation is run by graphql-js, and not by its plan. */
export type Reason =
  /** It asks for the schema itself. */
  | 'introspection'
  /** A field failed, or gave null where none may be: graphql-js tells which, and what is left of the answer. */
  | 'failure'
  /** A resolver gave what only graphql-js takes. */
  | 'value'
  /** A resolver named a type that is none of the field's. */
  | 'type'
  /** The schema has no such kind of operation. */
  | 'kind'
  /** Plans are switched off. */
  | 'off'

/** Ends the run of a plan. */
export class NotPlanned extends Error {
  readonly reason: Reason

  constructor(reason: Reason, cause?: unknown) {
    super(reason, { cause })
    this.reason = reason
  }
}
