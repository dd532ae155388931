/**
 * Where secrets of API tokens are to be found after all that can be done with them: in the answers that hand them out, and
 * nowhere else. A gateway that logs everything issues tokens, rotates, uses and stops them, looks them up and refuses them, on
 * every endpoint and in every wrong place that a client might put them. Then its log, its other answers and every table are
 * searched for each secret, its halves and its Base64 and hexadecimal forms.
 *
 *   DATABASE_URL=postgres://… SECRETS=2000 npm run drill:secrets
 */
import { execFileSync } from 'node:child_process'
import { exportJWK, generateKeyPair } from 'jose'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { isWellFormedSecret } from '../../src/auth/apiToken.ts'
import { drill, type Fleet, type Member, numberOf } from './fleet.ts'

const count = numberOf('SECRETS', 2_000)
const clientCount = numberOf('CLIENTS', 32)
const accessId = String(demoCallers.administrator.accessId)

/** What was told, by where. */
type Told = Map<string, string[]>

/** Sends any request, and keeps the answer as told; but the secret that it hands out is handed out, and not kept. */
function createTeller(url: string, told: Told, handedOut: string[]) {
  const tell = (where: string, text: string) => {
    const texts = told.get(where) ?? []
    told.set(where, texts)
    texts.push(text)
  }
  return async (
    where: string,
    path: string,
    init: RequestInit,
  ): Promise<{ readonly secret: string | null; readonly text: string; readonly status: number }> => {
    const response = await fetch(url + path, init)
    const text = await response.text()
    const secret = handsOut(text)
    if (secret !== null) handedOut.push(secret)
    tell(where, `${[...response.headers].join('\n')}\n${secret === null ? text : text.replace(secret, '')}`)
    return { secret, text, status: response.status }
  }
}

/** The secret of a payload. */
function handsOut(text: string): string | null {
  return /"secret":"(iamt_\w+)"/.exec(text)?.[1] ?? null
}

const post = (authorization: string | null, body: object | string, type = 'application/json'): RequestInit => ({
  method: 'POST',
  headers: { ...(authorization === null ? {} : { authorization }), 'content-type': type },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

const issueDocument = `mutation ($input: IssueTokenInput!) {
  issueToken(input: $input) { ... on IssueTokenPayload { secret sealedSecret token { id } } ... on Error { message } }
}`
const rotateDocument = `mutation ($input: RotateTokenInput!) {
  rotateToken(input: $input) { ... on RotateTokenPayload { secret sealedSecret token { id } } ... on Error { message } }
}`

/** All that can be done with one token. */
async function liveThrough(
  tell: ReturnType<typeof createTeller>,
  administrator: string,
  { secret, id }: { readonly secret: string; readonly id: string },
): Promise<void> {
  const graph = (where: string, authorization: string | null, query: string, variables: object = {}) =>
    tell(where, '/graphql', post(authorization, { query, variables }))
  const own = `Bearer ${secret}`
  const typed = secret.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'))
  // It is used, well and badly.
  await graph('use', own, '{ viewer { subject token { id hint } } }')
  await graph('use', own, '{ users { total } }')
  await graph('use', own, '{ nonsense')
  await tell('use', '/access/v1/evaluation', post(own, { subject: { type: 'access', id: accessId } }))
  await graph('refused', `Bearer ${typed}`, '{ viewer { subject } }')
  for (const scheme of ['Token', 'Bearer  x', 'bearer'])
    await graph('refused', `${scheme} ${secret}`, '{ viewer { subject } }')
  await graph('refused', `Basic ${Buffer.from(`${secret}:`).toString('base64')}`, '{ viewer { subject } }')
  await graph('refused', `${own}${secret}`, '{ viewer { subject } }')
  // It is looked up, and put where it does not belong.
  const lookUp = 'query ($secret: String!) { tokenDetails(secret: $secret) { id hint status } }'
  for (const asked of [secret, typed, secret.toLowerCase(), ` ${secret}`])
    await graph('lookUp', administrator, lookUp, { secret: asked })
  await graph('lookUp', administrator, `{ tokenDetails(secret: "${secret}") { id } }`)
  await tell('lookUp', `/graphql?${new URLSearchParams({ query: lookUp, variables: JSON.stringify({ secret }) })}`, {
    headers: { authorization: administrator },
  })
  await tell('misplaced', '/graphql', {
    ...post(own, { query: '{ viewer { subject } }' }),
    headers: { authorization: own, 'content-type': 'application/json', 'x-request-id': secret },
  })
  await graph('misplaced', administrator, 'query ($n: Int!) { users(limit: $n) { total } }', { n: secret })
  await graph('misplaced', administrator, `{ ${secret} viewer(${secret}: 1) { subject } }`)
  await tell('misplaced', `/graphql?access_token=${secret}`, post(null, { query: '{ viewer { subject } }' }))
  await tell('misplaced', `/${secret}`, { headers: { authorization: administrator } })
  await tell('misplaced', `/graphql`, post(administrator, `token=${secret}`, 'application/x-www-form-urlencoded'))
  await tell('misplaced', '/graphql', post(administrator, { query: '{ viewer { subject } }', operationName: secret }))
  await tell('misplaced', '/graphql', {
    ...post(administrator, '{}'),
    headers: { authorization: administrator, 'content-type': secret },
  })
  await tell('misplaced', '/graphql', post(administrator, { query: `query ${secret} { viewer { subject } }` }))
  await tell('misplaced', '/access/v1/evaluation', post(administrator, { subject: { type: 'token', id: secret } }))
  await graph('misplaced', administrator, 'query ($id: ID!) { token(id: $id) { id } }', { id: secret })
  await graph('misplaced', administrator, 'query ($id: ID!) { node(id: $id) { nodeId } }', { id: secret })
  await graph('misplaced', administrator, 'mutation ($id: ID!) { deactivateToken(tokenId: $id) { __typename } }', {
    id: secret,
  })
  await graph('misplaced', administrator, 'query ($text: String!) { tokens(search: { text: $text }) { total } }', {
    text: secret,
  })
  for (const path of [
    '/oauth/token',
    '/oauth/introspect',
    '/oauth/revoke',
    '/oauth/introspection',
    '/oauth/revocation',
  ]) {
    const form = {
      token: secret,
      subject_token: secret,
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }
    await tell(
      'oauth',
      path,
      post(administrator, new URLSearchParams(form).toString(), 'application/x-www-form-urlencoded'),
    )
    await tell(
      'oauth',
      path,
      post(
        `Basic ${Buffer.from(`client:${secret}`).toString('base64')}`,
        new URLSearchParams({ ...form, token: typed, subject_token: typed }).toString(),
        'application/x-www-form-urlencoded',
      ),
    )
  }
  // It is rotated, stopped, used on, reported and revoked.
  const rotated = await graph('rotate', administrator, rotateDocument, {
    input: { tokenId: id, overlapSeconds: 60, idempotencyKey: `rotate ${id}` },
  })
  await graph('rotate', administrator, rotateDocument, {
    input: { tokenId: id, overlapSeconds: 60, idempotencyKey: `rotate ${id}` },
  })
  await graph('use', own, '{ viewer { subject } }')
  const leaked = 'mutation ($secret: String!) { reportLeakedToken(secret: $secret) { __typename } }'
  for (const reported of [secret, typed]) await graph('stop', administrator, leaked, { secret: reported })
  await graph('refused', own, '{ viewer { subject } }')
  if (rotated.secret !== null) {
    const revoke =
      'mutation ($input: RevokeTokenInput!) { revokeToken(input: $input) { __typename ... on Error { message } } }'
    await graph('stop', administrator, revoke, { input: { secret: rotated.secret } })
    await graph('stop', administrator, revoke, { input: { secret: rotated.secret } })
    await graph('refused', `Bearer ${rotated.secret}`, '{ viewer { subject } }')
  }
}

/** Every row of every table as text, and the statements that the server shows. */
async function tableTexts({ sql, database }: Fleet): Promise<readonly (readonly [string, string])[]> {
  const tables = await sql<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`)
  const texts: (readonly [string, string])[] = []
  for (const { name } of tables) {
    const rows = await sql<{ text: string }>(`SELECT t::text AS text FROM "${name}" AS t`)
    texts.push([`table ${name}`, rows.map(({ text }) => text).join('\n')])
  }
  const shown = await sql<{ query: string }>('SELECT query FROM pg_stat_activity')
  texts.push(['statements of the server', shown.map(({ query }) => query).join('\n')])
  try {
    texts.push(['pg_dump', execFileSync('pg_dump', [database], { encoding: 'utf8', maxBuffer: 2 ** 30 })])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return texts
}

/** Characters of a text by which it is looked up. */
const stem = 16

/** The texts that would give a secret away, each by its beginning. */
function tracesOf(secrets: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const traces = new Map<string, string[]>()
  for (const secret of secrets) {
    const body = secret.slice('iamt_'.length)
    const encoded = [0, 1, 2].map((before) => {
      const text = Buffer.from('x'.repeat(before) + secret).toString('base64')
      // What stands around it changes the characters at both ends.
      return text.slice(4, -4)
    })
    const forms = [body.slice(0, 24), body.slice(24), ...encoded, Buffer.from(secret).toString('hex')]
    for (const form of forms) {
      const same = traces.get(form.slice(0, stem)) ?? []
      traces.set(form.slice(0, stem), [...same, form])
    }
  }
  return traces
}

/** Each trace in the text, with what stands around it. */
function found(text: string, traces: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const places: string[] = []
  for (let at = 0; at + stem <= text.length; at++) {
    const forms = traces.get(text.slice(at, at + stem))
    if (forms?.some((form) => text.startsWith(form, at))) places.push(text.slice(Math.max(0, at - 120), at + 60))
  }
  return places
}

await drill(async (fleet) => {
  const member: Member = await fleet.start({ LOG_LEVEL: 'debug' })
  const administrator = await fleet.authorization()
  const told: Told = new Map()
  const handedOut: string[] = []
  const tell = createTeller(member.url, told, handedOut)
  const { publicKey } = await generateKeyPair('ECDH-ES')
  const sealTo = await exportJWK(publicKey)
  let next = 0
  const client = async () => {
    while (next < count) {
      next += 1
      const number = next
      const input = { accessId, name: `Secret ${number}`, scope: ['users:read'], idempotencyKey: `issue ${number}` }
      const issuing = post(administrator, { query: issueDocument, variables: { input } })
      const { secret, text } = await tell('issue', '/graphql', issuing)
      // Somebody else's turn has broken its connection: that answer has no secret.
      if (/"code":"(OUTCOME_UNKNOWN|SERVICE_UNAVAILABLE)"/.test(text)) continue
      const id = /"id":"(\d+)"/.exec(text)?.[1]
      if (secret === null || id === undefined) throw new Error(`expected a token, received ${text}`)
      if (number % 20 !== 0) continue
      await tell('issue', '/graphql', issuing)
      await tell(
        'issue',
        '/graphql',
        post(administrator, {
          query: issueDocument,
          variables: { input: { ...input, idempotencyKey: `sealed ${number}`, sealTo } },
        }),
      )
      await liveThrough(tell, administrator, { secret, id })
      // Connections break under those who change something.
      if (number % 200 === 0) {
        await fleet.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'iam-graph' AND pid <> pg_backend_pid()`)
      }
    }
  }
  await Promise.all(Array.from({ length: clientCount }, () => client().catch((error) => console.error(error))))
  for (const path of ['/health', '/ready', '/metrics']) await tell('state', path, {})
  member.running.signal('SIGTERM')
  const { stdout, stderr } = await member.running.ended()

  const failures: string[] = []
  const distinct = new Set(handedOut)
  if (distinct.size !== handedOut.length) failures.push('a secret was handed out twice')
  if (!handedOut.every(isWellFormedSecret)) failures.push('a secret is not of the published form')
  const traces = tracesOf(handedOut)
  const control = found(handedOut.join('\n'), traces).length
  if (control !== 2 * handedOut.length)
    failures.push(`the search finds ${control} halves, expected ${2 * handedOut.length}`)
  const places = [
    ['standard output', stdout] as const,
    ['log', stderr] as const,
    ...[...told].map(([where, texts]) => [`answers: ${where}`, texts.join('\n')] as const),
    ...(await tableTexts(fleet)),
  ]
  for (const [where, text] of places) {
    const traced = found(text, traces)
    console.log(`${where}: ${text.length} characters, ${traced.length} traces`)
    if (traced.length > 0) failures.push(`${where}: ${traced.length} traces, such as ${JSON.stringify(traced[0])}`)
  }
  console.log(`${handedOut.length} secrets, ${stderr.split('\n').length} lines of the log`)
  return failures
})
