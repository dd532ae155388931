import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { mintSecret } from '../src/auth/apiToken.ts'
import type { Config } from '../src/config.ts'
import { createLogger } from '../src/log.ts'
import { createLogObserver } from '../src/logObserver.ts'
import type { Observation, RequestObserved } from '../src/observer.ts'

const levels: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' }

/** The lines that the observations become, without their times and with their levels by name. */
function linesOf(observations: readonly Observation[], level: Config['LOG_LEVEL'] = 'info') {
  const lines: unknown[] = []
  const output = new Writable({
    write(chunk, _encoding, done) {
      const { time, level: number, ...line } = JSON.parse(String(chunk))
      lines.push({ level: levels[number], ...line })
      done()
    },
  })
  const log = createLogger(level, output)
  const observe = createLogObserver(log)
  for (const observation of observations) observe(observation)
  log.flush()
  return lines
}

const request: RequestObserved = {
  kind: 'request',
  requestId: 'r1',
  method: 'POST',
  path: '/graphql',
  status: 200,
  code: null,
  duration: 12.3456,
  statements: 3,
  operation: { type: 'query', name: 'WhoAmI', hash: '0123456789abcdef' },
  principal: { subject: 'ada', organizationId: '3f0c2a52-6b52-4c1e-9b55-0d6a2f1c7a11' },
}

describe('the access line of a request', () => {
  it('says who asked what, how it ended and what it took', () => {
    expect(linesOf([request])).toEqual([
      {
        level: 'info',
        msg: 'request',
        requestId: 'r1',
        method: 'POST',
        path: '/graphql',
        operation: { type: 'query', name: 'WhoAmI', hash: '0123456789abcdef' },
        subject: 'ada',
        organization: '3f0c2a52-6b52-4c1e-9b55-0d6a2f1c7a11',
        status: 200,
        code: null,
        duration: 12.3,
        statements: 3,
      },
    ])
  })

  it('says nothing of secrets that stand in a path or in a name', () => {
    const { secret } = mintSecret()
    const operation = { type: 'query', name: secret, hash: '0123456789abcdef' } as const
    expect(linesOf([{ ...request, path: `/a/${secret}`, operation }])).toMatchObject([
      { path: '/a/iamt_…', operation: { name: 'iamt_…' } },
    ])
  })

  it('has null for what the request did not come to', () => {
    const refused = { ...request, status: null, code: 'UNAUTHENTICATED', operation: null, principal: null } as const
    expect(linesOf([refused])).toMatchObject([
      { status: null, code: 'UNAUTHENTICATED', operation: null, subject: null, organization: null },
    ])
  })

  it('cuts off what callers make as long as they like', () => {
    const endless = {
      ...request,
      path: `/${'a'.repeat(5_000)}`,
      operation: { ...request.operation, name: 'b'.repeat(5_000) },
    }
    expect(JSON.stringify(linesOf([endless as RequestObserved])).length).toBeLessThan(1_000)
  })

  it.each(['/health', '/ready'])('is there at debug only for %s', (path) => {
    expect(linesOf([{ ...request, path }])).toEqual([])
    expect(linesOf([{ ...request, path }], 'debug')).toMatchObject([{ level: 'debug', path }])
  })
})

describe('the log', () => {
  it('warns of a refused credential, with what was expected', () => {
    const reason = 'expected a JWT that has not expired'
    expect(linesOf([{ kind: 'credentialRefused', requestId: 'r1', reason }])).toEqual([
      { level: 'warn', msg: 'a credential was refused', requestId: 'r1', reason },
    ])
  })

  it('has an unexpected error under the id of its request', () => {
    const error = new TypeError('x is not a function')
    expect(linesOf([{ kind: 'unexpected', requestId: 'r1', error }])).toMatchObject([
      { level: 'error', msg: 'unexpected error', requestId: 'r1', err: { type: 'TypeError', message: error.message } },
    ])
  })

  it.each([
    ['database', 'reachable', null, 'info', 'the database can be used'],
    ['database', 'unreachable', 'connect ECONNREFUSED: start it', 'warn', 'the database is out of reach'],
    ['database', 'readOnly', 'a standby answers: …', 'warn', 'the database takes no changes'],
    ['database', 'impaired', 'its disk is full: …', 'warn', 'the database can not work as it should'],
    ['keySet', 'fresh', null, 'info', 'the key set is up to date'],
    ['keySet', 'stale', 'it answered 500: …', 'warn', 'the key set could not be loaded: the last one is used on'],
    ['signingKeys', 'fresh', null, 'info', 'the signing keys can be read again'],
    ['signingKeys', 'stale', 'no keys', 'warn', 'the signing keys can not be read: the last ones are used on'],
    ['keySet', 'unavailable', 'it answered 500: …', 'warn', 'there is no key set to verify JWTs with'],
  ])('has the change of the %s to %s', (kind, state, reason, level, msg) => {
    const line = { level, msg, state, ...(reason === null ? {} : { reason }) }
    expect(linesOf([{ kind, state, reason } as Observation])).toEqual([line])
  })

  it('has what the start waits for', () => {
    expect(linesOf([{ kind: 'startWaits', what: 'the lock of the migrations' }])).toEqual([
      { level: 'warn', msg: 'the start waits', what: 'the lock of the migrations' },
    ])
  })

  it('has what the audit trail lacks, and tokens that are in use and end soon', () => {
    const [tokenId, organizationId, endsAt] = ['7', request.principal?.organizationId ?? '', '2026-12-01T00:00:00.000Z']
    const expiring = { kind: 'tokenExpiring', tokenId, organizationId, days: 7, endsAt, because: 'EXPIRED' } as const
    expect(linesOf([{ kind: 'refusalsLost', count: 3 }, expiring])).toEqual([
      { level: 'error', msg: 'the audit trail lacks refusals, which could not be written for too long', count: 3 },
      {
        level: 'warn',
        msg: 'an API token that is in use ends soon',
        tokenId,
        organization: organizationId,
        days: 7,
        endsAt,
        because: 'EXPIRED',
      },
    ])
  })

  it('has statements at debug only', () => {
    const statement = { kind: 'statement', text: 'SELECT $1', duration: 0.27 } as const
    expect(linesOf([statement])).toEqual([])
    expect(linesOf([statement], 'debug')).toEqual([
      { level: 'debug', msg: 'statement', statement: 'SELECT $1', duration: 0.3 },
    ])
  })

  it('has nothing where it is silent', () => {
    expect(linesOf([request, { kind: 'unexpected', requestId: 'r1', error: new Error('boom') }], 'silent')).toEqual([])
  })
})
