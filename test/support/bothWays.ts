/** The same question to two gateways over one database: one as in production, one that leaves everything to graphql-js. */
import { expect } from 'vitest'
import { parts } from '../../src/execution/index.ts'
import type { Gateway, GatewayOptions } from '../../src/gateway.ts'
import type { Caller, Harness } from './harness.ts'

/** A request as a client sends it. */
export interface Question {
  readonly document: string
  readonly variables?: Readonly<Record<string, unknown>> | undefined
  readonly operationName?: string | undefined
  readonly caller: Caller
  /** Left out: `/graphql`. */
  readonly path?: string | undefined
}

/** A response as far as both gateways must agree in it: all of it but what says when. */
export interface Reply {
  readonly status: number
  readonly type: string | null
  readonly body: string
  /** All of them, also those that say when. */
  readonly headers: readonly (readonly [string, string])[]
}

export type Ask = (question: Question) => Promise<Reply>

export interface BothWays {
  readonly production: Ask
  readonly reference: Ask
  /** Asks both, one after the other, and gives what both said. Throws where they differ, with the question and both replies. */
  readonly compared: Ask
}

/** A gateway beside that of the harness which executes everything by graphql-js; the options replace those of the harness. */
export function referenceGateway(harness: Harness, overrides: Partial<GatewayOptions> = {}): Gateway {
  return harness.beside({ observe() {}, without: parts, ...overrides })
}

/** Both gateways of a harness, or others over the same keys. */
export function createBothWays(
  harness: Harness,
  {
    production = harness.gateway,
    reference = referenceGateway(harness),
  }: Partial<Record<'production' | 'reference', Gateway>> = {},
): BothWays {
  const ways = { production: asking(harness, production), reference: asking(harness, reference) }
  return {
    ...ways,
    async compared(question) {
      const said = await ways.production(question)
      expectSame(question, said, await ways.reference(question))
      return said
    },
  }
}

/** Asks a gateway, with an authorization for each caller that is made once, and under a request id that is always the same. */
export function asking(harness: Pick<Harness, 'authorize'>, { fetch }: Pick<Gateway, 'fetch'>): Ask {
  const authorizations = new Map<Caller, Promise<Readonly<Record<string, string>>>>()
  return async ({ document, variables, operationName, caller, path = '/graphql' }) => {
    const authorization = authorizations.get(caller) ?? harness.authorize(caller)
    authorizations.set(caller, authorization)
    const response = await fetch(
      new Request(new URL(path, 'http://gateway.example'), {
        method: 'POST',
        headers: {
          ...(await authorization),
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
          'x-request-id': 'asked-both-ways',
        },
        body: JSON.stringify({ query: document, variables, operationName }),
      }),
    )
    const { status, headers } = response
    return { status, type: headers.get('content-type'), body: await response.text(), headers: [...headers] }
  }
}

/** Throws where the replies differ. */
export function expectSame(question: Question, production: Reply, reference: Reply): void {
  const told = ({ status, type, body }: Reply) => `${status} ${type}\n${body}`
  if (told(production) === told(reference)) return
  expect.fail(
    [
      'the gateway answers otherwise than graphql-js does',
      `--- as ${JSON.stringify(question.caller)} at ${question.path ?? '/graphql'}`,
      question.document,
      JSON.stringify(question.variables ?? {}),
      '--- production',
      told(production),
      '--- graphql-js',
      told(reference),
    ].join('\n'),
  )
}
