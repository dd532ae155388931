/** The log as an observer: which line each observation becomes. */
import type { Log } from './log.ts'
import type { DatabaseState, KeySetState, Observer, RequestObserved, SigningKeysState } from './observer.ts'
import { withoutSecrets } from './withoutSecrets.ts'

/** What probes ask every few seconds. Lines of it would bury the others. */
const probed: ReadonlySet<string> = new Set(['/health', '/ready'])

/** Characters of a path or a name, which callers make as long as they like. */
const longest = 200

const databaseMessages: Readonly<Record<DatabaseState['state'], string>> = {
  reachable: 'the database can be used',
  unreachable: 'the database is out of reach',
  readOnly: 'the database takes no changes',
  impaired: 'the database can not work as it should',
}

const keySetMessages: Readonly<Record<KeySetState['state'], string>> = {
  fresh: 'the key set is up to date',
  stale: 'the key set could not be loaded: the last one is used on',
  unavailable: 'there is no key set to verify JWTs with',
}

const signingKeysMessages: Readonly<Record<SigningKeysState['state'], string>> = {
  fresh: 'the signing keys can be read again',
  stale: 'the signing keys can not be read: the last ones are used on',
}

/**
 * Writes an access line for each request, and a line for each refused credential, each unexpected error, each change of
 * the database's, the key set's and the signing keys' state, what the start waits for, what the audit trail lacks, tokens in
 * use that end soon and, at `debug`, each statement.
 */
export function createLogObserver(log: Log): Observer {
  const detailed = log.isLevelEnabled('debug')
  return (observation) => {
    switch (observation.kind) {
      case 'request':
        log.line(probed.has(observation.path) ? 'debug' : 'info', accessLine(observation))
        break
      case 'credentialRefused':
        log.warn({ requestId: observation.requestId, reason: observation.reason }, 'a credential was refused')
        break
      case 'unexpected':
        log.error({ err: observation.error, requestId: observation.requestId }, 'unexpected error')
        break
      case 'statement':
        if (detailed) log.debug({ statement: observation.text, duration: rounded(observation.duration) }, 'statement')
        break
      case 'database':
        log[observation.state === 'reachable' ? 'info' : 'warn'](
          change(observation),
          databaseMessages[observation.state],
        )
        break
      case 'keySet':
        log[observation.state === 'fresh' ? 'info' : 'warn'](change(observation), keySetMessages[observation.state])
        break
      case 'signingKeys':
        log[observation.state === 'fresh' ? 'info' : 'warn'](
          change(observation),
          signingKeysMessages[observation.state],
        )
        break
      case 'startWaits':
        log.warn({ what: observation.what }, 'the start waits')
        break
      case 'tokenExpiring': {
        const { tokenId, organizationId, days, endsAt, because } = observation
        log.warn(
          { tokenId, organization: organizationId, days, endsAt, because },
          'an API token that is in use ends soon',
        )
        break
      }
      case 'trailIsOpen':
        log.warn(
          { remedy: 'let it run as a role that owns no table, and give the owner by DATABASE_OWNER_URL' },
          "the gateway's role of the database could change the audit trail",
        )
        break
      case 'refusalsLost':
        log.error(
          { count: observation.count },
          'the audit trail lacks refusals, which could not be written for too long',
        )
        break
    }
  }
}

/** The members of an access line, as JSON. */
function accessLine({
  requestId,
  method,
  path,
  operation,
  principal,
  status,
  code,
  duration,
  statements,
}: RequestObserved): string {
  const asked =
    operation &&
    `{"type":"${operation.type}","name":${quoted(repeated(operation.name))},"hash":${quoted(operation.hash)}}`
  return (
    `"requestId":${quoted(requestId)},"method":${quoted(method)},"path":${quoted(repeated(path))},` +
    `"operation":${asked},"subject":${quoted(principal?.subject)},"organization":${quoted(principal?.organizationId)},` +
    `"status":${status},"code":${quoted(code)},"duration":${rounded(duration)},"statements":${statements},"msg":"request"`
  )
}

/** What a caller wrote. */
function repeated(text: string | null): string | null {
  return text && withoutSecrets(text).slice(0, longest)
}

function quoted(text: string | null | undefined): string {
  return text === null || text === undefined ? 'null' : JSON.stringify(text)
}

function change({ state, reason }: DatabaseState | KeySetState | SigningKeysState) {
  return reason === null ? { state } : { state, reason }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
