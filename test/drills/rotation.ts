/**
 * Rotations under load: ordinary clients use a token with two gateways and read its secret anew now and then, as a service
 * reads its configuration, while it is rotated again and again with an overlap. No request may fail.
 *
 *   DATABASE_URL=postgres://… MINUTES=10 npm run drill:rotation
 */
import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { drill, issue, type Member, numberOf } from './fleet.ts'

const minutes = numberOf('MINUTES', 10)
const clientCount = numberOf('CLIENTS', 16)
/** Seconds between rotations, for which both secrets work, and after which every client has the new one. */
const [between, overlapSeconds, readAgain] = [12, 10, 5]

const rotateDocument = `mutation ($input: RotateTokenInput!) {
  rotateToken(input: $input) { ... on RotateTokenPayload { secret token { id } } ... on Error { message } }
}`
const rotationDocument = 'query ($id: ID!) { token(id: $id) { rotation { state } } }'

/** A service: it has the secret that it read last, and tells of each request that failed. */
async function serve(
  member: Member,
  secret: () => string,
  isOver: () => boolean,
  tell: (failure: string | null) => void,
) {
  while (!isOver()) {
    const known = secret()
    const until = performance.now() + randomInt(readAgain * 1_000)
    do {
      try {
        const { status, text } = await member.ask('{ viewer { subject } }', `Bearer ${known}`)
        tell(status === 200 && !text.includes('"errors"') ? null : `${status} ${text}`)
      } catch (error) {
        tell(`${error}`)
      }
      await delay(randomInt(40))
    } while (performance.now() < until && !isOver())
  }
}

await drill(async (fleet) => {
  const members = [await fleet.start(), await fleet.start()]
  const [first] = members as [Member]
  const authorization = await fleet.authorization()
  let { id, secret } = await issue(first, authorization, 'Service')
  const failures: string[] = []
  let requests = 0
  let rotations = 0
  const states = new Map<string, number>()
  const end = performance.now() + minutes * 60_000
  const isOver = () => performance.now() >= end
  const services = Array.from({ length: clientCount }, (_, index) =>
    serve(
      members[index % members.length] as Member,
      () => secret,
      isOver,
      (failure) => {
        requests += 1
        if (failure !== null) failures.push(failure)
      },
    ),
  )
  while (performance.now() + between * 1_000 < end) {
    await delay((between - overlapSeconds) * 1_000)
    const rotator = members[rotations % members.length] as Member
    const input = { tokenId: id, overlapSeconds, idempotencyKey: `rotation ${rotations}` }
    const { data, text } = await rotator.ask(rotateDocument, authorization, { input })
    const rotated = data?.rotateToken as { readonly secret?: string; readonly token?: { readonly id: string } }
    if (!rotated.secret || !rotated.token) {
      failures.push(`expected a rotation, received ${text}`)
      break
    }
    rotations += 1
    id = rotated.token.id
    secret = rotated.secret
    // While both work, it is asked how far everybody has come.
    await delay((overlapSeconds - 1) * 1_000)
    const asked = await first.ask(rotationDocument, authorization, { id })
    const state = /"state":"(\w+)"/.exec(asked.text)?.[1] ?? asked.text
    states.set(state, (states.get(state) ?? 0) + 1)
  }
  await Promise.all(services)
  console.log(
    `${minutes} minutes, ${clientCount} clients, ${rotations} rotations: ${requests} requests, ${failures.length} failed; ` +
      `a second before the end of each overlap: ${[...states].map(([state, count]) => `${state} ${count}`).join(', ')}`,
  )
  return failures.slice(0, 10)
})
