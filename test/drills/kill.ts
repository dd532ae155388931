/**
 * `kill -9` of a gateway in a storm of changes to tokens, again and again, each time on the same database. After each, what is
 * in the database is held against what was acknowledged: nothing of it may be lost, nothing half made, and nothing without its
 * audit event. Then what was not acknowledged is asked once more under its key, and may not have been made twice.
 *
 *   DATABASE_URL=postgres://… RUNS=20 npm run drill:kill
 */
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { type Answer, drill, type Fleet, type Member, numberOf } from './fleet.ts'

const runs = numberOf('RUNS', 20)
const clientCount = numberOf('CLIENTS', 16)
const accessId = String(demoCallers.administrator.accessId)

const documents = {
  issue: `mutation ($input: IssueTokenInput!) {
    result: issueToken(input: $input) { __typename ... on Error { code } ... on IssueTokenPayload { secret token { id } } }
  }`,
  rotate: `mutation ($input: RotateTokenInput!) {
    result: rotateToken(input: $input) { __typename ... on Error { code } ... on RotateTokenPayload { secret token { id } } }
  }`,
  deactivate: `mutation ($id: ID!) {
    result: deactivateToken(tokenId: $id) { __typename ... on Error { code } ... on DeactivateTokenPayload { token { id } } }
  }`,
} as const

/** A change that was asked for. */
interface Asked {
  readonly kind: keyof typeof documents
  readonly variables: object
  /** The token that is rotated, or switched off. */
  readonly target: string | null
  /** The token that came of it; null where no answer came. */
  acknowledged: string | null
}

interface Result {
  readonly __typename: string
  readonly secret?: string | null
  readonly token?: { readonly id: string }
}

/** Sends it; the token that came of it, null where the gateway was gone. Throws at any other answer. */
async function send(member: Member, authorization: string, { kind, variables }: Asked): Promise<Result | null> {
  for (;;) {
    let answer: Answer
    try {
      answer = await member.ask(documents[kind], authorization, variables)
    } catch {
      return null
    }
    const result = answer.data?.result as Result | undefined
    if (result?.token !== undefined) return result
    // Nothing has happened: it says so, and is asked again.
    if (answer.errors?.[0]?.extensions?.code === 'SERVICE_UNAVAILABLE') continue
    throw new Error(`expected ${kind} to succeed, received ${answer.text}`)
  }
}

/** Asks for one change after the other, each of a token of its own, until the gateway is gone. */
async function storm(member: Member, authorization: string, all: Asked[]): Promise<void> {
  for (;;) {
    let target: string | null = null
    for (const kind of ['issue', 'rotate', 'deactivate'] as const) {
      const idempotencyKey = randomUUID()
      const variables = {
        issue: { input: { accessId, name: `Storm ${idempotencyKey}`, idempotencyKey } },
        rotate: { input: { tokenId: target, overlapSeconds: 60, idempotencyKey } },
        deactivate: { id: target },
      }[kind]
      const asked: Asked = { kind, variables, target, acknowledged: null }
      all.push(asked)
      const result = await send(member, authorization, asked)
      if (result === null) return
      target = result.token?.id ?? null
      asked.acknowledged = target
    }
  }
}

interface Row {
  readonly id: string
  readonly name: string
  readonly deactivated: boolean
  readonly rotatedFrom: string | null
  /** Whether another one takes its place. */
  readonly isRotated: boolean
  /** Whether the time of the one that it was rotated from ends as its event says. */
  readonly hasEnded: boolean | null
  /** The actions of the audit events about it. */
  readonly actions: readonly string[]
  /** How often it is remembered under an idempotency key. */
  readonly keys: number
}

const rowsOfStorm = `
  SELECT tokens.id::text, tokens.name, tokens.deactivated, tokens.rotated_from::text AS "rotatedFrom",
    EXISTS (SELECT FROM tokens AS next WHERE next.rotated_from = tokens.id) AS "isRotated",
    old.expires_at = (rotation.after ->> 'previousEndsAt')::timestamptz AS "hasEnded",
    ARRAY(SELECT action FROM audit_events WHERE target_id = tokens.id::text AND target_type = 'Token' ORDER BY id) AS actions,
    (SELECT count(*)::integer FROM idempotency_keys WHERE outcome ->> 'tokenId' = tokens.id::text) AS keys
  FROM tokens LEFT JOIN tokens AS old ON old.id = tokens.rotated_from
  LEFT JOIN audit_events AS rotation ON rotation.target_id = tokens.id::text AND rotation.action = 'token.rotate'
  WHERE tokens.name LIKE 'Storm %'`

/** What is wrong with the database; nothing where all is whole. */
async function wrongs({ sql }: Fleet, all: readonly Asked[]): Promise<readonly string[]> {
  const rows = new Map((await sql<Row>(rowsOfStorm)).map((row) => [row.id, row]))
  const wrong: string[] = []
  for (const { kind, target, acknowledged } of all) {
    if (acknowledged === null) continue
    const row = rows.get(acknowledged)
    if (row === undefined) wrong.push(`lost: ${kind} of ${acknowledged}`)
    else if (kind === 'rotate' && row.rotatedFrom !== target) wrong.push(`lost: the rotation of ${target}`)
    else if (kind === 'deactivate' && !row.deactivated) wrong.push(`lost: the deactivation of ${acknowledged}`)
  }
  const successors = new Set<string>()
  const issued = new Set<string>()
  for (const { id, name, deactivated, rotatedFrom, isRotated, hasEnded, actions, keys } of rows.values()) {
    const expected = [
      rotatedFrom === null ? 'token.issue' : 'token.rotate',
      ...(isRotated ? ['token.rotated'] : []),
      ...(deactivated ? ['token.deactivate'] : []),
    ]
    if (String(actions) !== String(expected)) wrong.push(`token ${id} has the events ${actions}, expected ${expected}`)
    if (keys !== 1) wrong.push(`token ${id} is remembered ${keys} times, expected once`)
    if (rotatedFrom !== null && hasEnded !== true) wrong.push(`half made: the rotation of ${rotatedFrom}`)
    const seen = rotatedFrom === null ? issued : successors
    const once = rotatedFrom ?? name
    if (seen.has(once)) wrong.push(`made twice: ${once}`)
    seen.add(once)
  }
  const [orphans] = await sql<{ events: number; keys: number }>(`
    SELECT (SELECT count(*)::integer FROM audit_events WHERE target_type = 'Token' AND action IN ('token.issue', 'token.rotate')
        AND outcome = 'SUCCESS' AND NOT EXISTS (SELECT FROM tokens WHERE tokens.id::text = target_id)) AS events,
      (SELECT count(*)::integer FROM idempotency_keys
        WHERE NOT EXISTS (SELECT FROM tokens WHERE tokens.id::text = outcome ->> 'tokenId')) AS keys`)
  if (orphans?.events !== 0) wrong.push(`${orphans?.events} events of tokens that are not there`)
  if (orphans?.keys !== 0) wrong.push(`${orphans?.keys} keys of tokens that are not there`)
  return wrong
}

await drill(async (fleet) => {
  const authorization = await fleet.authorization()
  const all: Asked[] = []
  const failures: string[] = []
  let [unanswered, wereMade] = [0, 0]
  let member = await fleet.start()
  for (let run = 1; run <= runs; run++) {
    const before = all.length
    const clients = Promise.all(Array.from({ length: clientCount }, () => storm(member, authorization, all)))
    // In full storm.
    while (all.length < before + 5 * clientCount) await delay(10)
    await delay(randomInt(500))
    member.running.signal('SIGKILL')
    await clients
    await member.running.ended()
    // What the database had begun, it ends.
    const busy = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'iam-graph'`
    while ((await fleet.sql(busy)).length > 0) await delay(20)
    const wrong = await wrongs(fleet, all)
    member = await fleet.start()
    const open = all.slice(before).filter(({ acknowledged }) => acknowledged === null)
    for (const asked of open) {
      const result = await send(member, authorization, asked)
      if (result?.secret === null) wereMade += 1
      asked.acknowledged = result?.token?.id ?? null
    }
    unanswered += open.length
    const wrongAfter = await wrongs(fleet, all)
    failures.push(...[...wrong, ...wrongAfter].map((what) => `run ${run}: ${what}`))
    console.log(
      `run ${run}: ${all.length - before} changes asked for, ${open.length} unanswered, ${wrong.length + wrongAfter.length} wrong`,
    )
  }
  const counts = (['issue', 'rotate', 'deactivate'] as const).map(
    (kind) => `${all.filter((asked) => asked.kind === kind && asked.acknowledged !== null).length} ${kind}`,
  )
  console.log(
    `${runs} kills: acknowledged ${counts.join(', ')}; ${unanswered} unanswered, of which ${wereMade} with a key had been made; ${failures.length} wrong`,
  )
  return failures
})
