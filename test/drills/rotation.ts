/**
 * Rotations under load: ordinary clients use a token with two gateways and read its secret anew now and then, as a service
 * reads its configuration, while it is rotated again and again with an overlap. Half of them send the secret, half a JWT that
 * they exchange it for by an OAuth client. No request may fail.
 *
 *   DATABASE_URL=postgres://… MINUTES=10 npm run drill:rotation
 */
import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import { drill, issue, type Member, numberOf } from './fleet.ts'

const minutes = numberOf('MINUTES', 10)
const clientCount = numberOf('CLIENTS', 16)
/** Seconds between rotations, for which both secrets work, and after which every client has the new one. */
const [between, overlapSeconds, readAgain] = [12, 10, 5]

const rotateDocument = `mutation ($input: RotateTokenInput!) {
  rotateToken(input: $input) { ... on RotateTokenPayload { secret token { id } } ... on Error { message } }
}`
const rotationDocument = 'query ($id: ID!) { token(id: $id) { rotation { state } } }'

/** What is sent for a secret. */
type Sign = (member: Member, secret: string) => Promise<string>

const bySecret: Sign = async (_, secret) => secret

/** Exchanges it for a JWT (RFC 8693), as the gateway's metadata say (RFC 8414). */
const byExchange: Sign = async ({ url }, secret) => {
  const options = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(url)
  const found = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' })
  const server = await oauth.processDiscoveryResponse(issuer, found)
  const client = { client_id: 'service' }
  const response = await oauth.genericTokenEndpointRequest(
    server,
    client,
    oauth.None(),
    'urn:ietf:params:oauth:grant-type:token-exchange',
    { subject_token: secret, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
    options,
  )
  return (await oauth.processGenericTokenEndpointResponse(server, client, response)).access_token
}

/** A service: it signs in with the secret that it read last, and tells of each request that failed. */
async function serve(
  member: Member,
  sign: Sign,
  secret: () => string,
  isOver: () => boolean,
  tell: (failure: string | null) => void,
) {
  while (!isOver()) {
    const until = performance.now() + randomInt(readAgain * 1_000)
    try {
      const credential = await sign(member, secret())
      do {
        const { status, text } = await member.ask('{ viewer { subject } }', `Bearer ${credential}`)
        tell(status === 200 && !text.includes('"errors"') ? null : `${status} ${text}`)
        await delay(randomInt(40))
      } while (performance.now() < until && !isOver())
    } catch (error) {
      tell(`${error}`)
    }
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
      index % 4 < 2 ? bySecret : byExchange,
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
