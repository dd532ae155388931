/**
 * How long a stopped token is still accepted: two gateways, and clients that use the token with both. One of the gateways
 * switches it off. From when that is acknowledged on, it is counted until the last request that was sent and accepted. The same
 * of JWTs that were exchanged for it, and of the token and the JWTs of a user whose end comes to lie in the past.
 *
 *   DATABASE_URL=postgres://… RUNS=100 WAYS=told,untold,interrupted,exchanged,ended,cut,silent npm run drill:stop
 */
import { setTimeout as delay } from 'node:timers/promises'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { createDatabaseProxy } from '../support/databaseProxy.ts'
import { drill, type Fleet, issue, type Member, medianAndMaximum, numberOf } from './fleet.ts'

const runs = numberOf('RUNS', 100)
const clientCount = numberOf('CLIENTS', 32)
const ways = (process.env.WAYS ?? 'told,untold,interrupted,exchanged,ended,cut,silent').split(',')
/** Milliseconds. */
const goal = 1_000

/** Clients that use credentials, as fast as they are answered. */
function use(members: readonly Member[], authorizations: readonly string[]) {
  let last = Number.NEGATIVE_INFINITY
  let isOver = false
  const statuses = new Map<number, number>()
  const work = async (member: Member, authorization: string) => {
    while (!isOver) {
      const sent = performance.now()
      const { status } = await member.ask('{ viewer { subject } }', authorization)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status === 200) last = Math.max(last, sent)
    }
  }
  const clients = Array.from({ length: clientCount }, (_, index) => {
    const credential = Math.floor(index / members.length) % authorizations.length
    return work(members[index % members.length] as Member, authorizations[credential] as string)
  })
  const working = Promise.allSettled(clients)
  return {
    /** Counts from now on. */
    begin: () => statuses.clear(),
    statuses,
    /** Ends them; resolves to when the last request was sent that was accepted. */
    async end() {
      isOver = true
      for (const outcome of await working) if (outcome.status === 'rejected') throw outcome.reason
      return last
    },
  }
}

async function switched(member: Member, authorization: string, field: string, id: string): Promise<void> {
  const { data, text } = await member.ask(`mutation { ${field}(tokenId: "${id}") { __typename } }`, authorization)
  const { __typename } = (data?.[field] ?? {}) as { __typename?: string }
  if (!__typename?.endsWith('Payload')) throw new Error(`expected ${field} to succeed, received ${text}`)
}

/** The connections that listen, by what was sent on them last. */
const listening = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND application_name = 'iam-graph' AND (query LIKE 'LISTEN %' OR query LIKE '%organization_versions AS changed%')`

/** Has the triggers tell nobody. */
async function silenceTriggers({ sql }: Fleet): Promise<void> {
  const [found] = await sql<{ source: string }>(
    `SELECT pg_get_functiondef('count_organization_versions'::regproc) AS source`,
  )
  const silenced = found?.source.replace(/PERFORM pg_notify\([\s\S]*?\);/, 'NULL;')
  if (!silenced || silenced === found?.source) throw new Error('expected a trigger that notifies')
  await sql(silenced)
}

/** What is used, and how it is stopped and let in again. */
interface Stoppable {
  readonly authorizations: readonly string[]
  stop(member: Member): Promise<void>
  resume(member: Member): Promise<void>
}

async function aToken({ authorization: signIn }: Fleet, first: Member, isExchanged: boolean): Promise<Stoppable> {
  const authorization = await signIn()
  const { id, secret } = await issue(first, authorization, 'Stops')
  return {
    authorizations: [`Bearer ${isExchanged ? await exchanged(first, secret) : secret}`],
    stop: (member) => switched(member, authorization, 'deactivateToken', id),
    resume: (member) => switched(member, authorization, 'reactivateToken', id),
  }
}

/** A JWT for the token (RFC 8693). */
async function exchanged({ url }: Member, secret: string): Promise<string> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: secret,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }),
  })
  const { access_token: jwt } = (await response.json()) as { readonly access_token?: string }
  if (jwt === undefined) throw new Error(`expected a JWT, received ${response.status}`)
  return jwt
}

const updateDocument =
  'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { __typename ... on Error { message } } }'

/** Somebody with a JWT and a token, who has an end in the past for a while. */
async function aUser({ authorization: signIn }: Fleet, first: Member): Promise<Stoppable> {
  const { reader } = demoCallers
  const authorization = await signIn()
  const { secret } = await issue(first, authorization, 'Ends', reader)
  const endOn = async (member: Member, expiresAt: string | null) => {
    const { text } = await member.ask(updateDocument, authorization, { input: { userId: reader.userId, expiresAt } })
    if (!text.includes('UpdateUserPayload')) throw new Error(`expected updateUser to succeed, received ${text}`)
  }
  return {
    authorizations: [`Bearer ${secret}`, await signIn(reader)],
    stop: (member) => endOn(member, new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10)),
    resume: (member) => endOn(member, null),
  }
}

async function stopOver(fleet: Fleet, way: string): Promise<readonly string[]> {
  // What one of them has signed, the other takes.
  const settings = { PUBLIC_URL: 'https://iam.example' }
  const members = [await fleet.start(settings), await fleet.start(settings)]
  if (way === 'untold') await silenceTriggers(fleet)
  const [first] = members as [Member]
  const { authorizations, stop, resume } =
    way === 'ended' ? await aUser(fleet, first) : await aToken(fleet, first, way === 'exchanged')
  const taken: number[] = []
  for (let run = 0; run < runs; run++) {
    const stopping = members[run % members.length] as Member
    const clients = use(members, authorizations)
    await delay(100)
    let interrupting: NodeJS.Timeout | undefined
    if (way === 'interrupted') {
      await fleet.sql(listening)
      interrupting = setInterval(() => void fleet.sql(listening), 200)
    }
    await stop(stopping)
    const acknowledged = performance.now()
    await delay(goal + 100)
    clearInterval(interrupting)
    const last = await clients.end()
    if ((clients.statuses.get(200) ?? 0) === 0) throw new Error(`expected answers, received ${[...clients.statuses]}`)
    taken.push(Math.max(0, last - acknowledged))
    await resume(stopping)
  }
  const { median, maximum } = medianAndMaximum(taken)
  console.log(`${way}: ${runs} runs, ${clientCount} clients: median ${median} ms, maximum ${maximum} ms`)
  for (const { running } of members) running.signal('SIGTERM')
  return maximum < goal ? [] : [`${way}: a stopped token was accepted ${maximum} ms after`]
}

/** One of the gateways can't reach the database for a while, in which the other one stops the token. */
async function outOfReach(fleet: Fleet, way: string): Promise<readonly string[]> {
  const authorization = await fleet.authorization()
  const stopping = await fleet.start()
  let proxy = await createDatabaseProxy({ connection: { connectionString: fleet.database } })
  const cutOff = await fleet.start({ DATABASE_URL: proxy.connection.connectionString as string })
  const { id, secret } = await issue(stopping, authorization, 'Stops')
  const failures: string[] = []
  const taken: number[] = []
  const back: number[] = []
  for (let run = 0; run < Math.ceil(runs / 10); run++) {
    const clients = use([cutOff], [`Bearer ${secret}`])
    await delay(200)
    const since = performance.now()
    if (way === 'cut') await proxy.close()
    else proxy.silence()
    await switched(stopping, authorization, 'deactivateToken', id)
    await delay(goal)
    clients.begin()
    // Each waits for as long as it may.
    while (clients.statuses.size === 0 && performance.now() < since + 10_000) await delay(10)
    await delay(500)
    if ([...clients.statuses.keys()].some((status) => status !== 503) || clients.statuses.size === 0) {
      failures.push(`${way}: answers while the database is out of reach: ${[...clients.statuses]}`)
    }
    const again = performance.now()
    if (way === 'cut')
      proxy = await createDatabaseProxy({ connection: { connectionString: fleet.database } }, proxy.port)
    else proxy.goOn()
    clients.begin()
    while (!clients.statuses.has(401) && performance.now() < again + 20_000) await delay(10)
    back.push(performance.now() - again)
    taken.push(Math.max(0, (await clients.end()) - since))
    await switched(stopping, authorization, 'reactivateToken', id)
    const answers = async () => (await cutOff.ask('{ viewer { subject } }', `Bearer ${secret}`)).status
    while ((await answers()) !== 200) await delay(50)
  }
  const accepted = medianAndMaximum(taken)
  const returned = medianAndMaximum(back)
  console.log(
    `${way}: ${taken.length} runs: accepted for ${accepted.median} ms (median), ${accepted.maximum} ms (maximum) after, ` +
      `then 503; refused with 401 ${returned.median} ms (median), ${returned.maximum} ms (maximum) after its return`,
  )
  for (const { running } of [stopping, cutOff]) running.signal('SIGTERM')
  await proxy.close()
  return accepted.maximum < goal ? failures : [...failures, `${way}: accepted ${accepted.maximum} ms after`]
}

for (const way of ways) {
  await drill((fleet) => (way === 'cut' || way === 'silent' ? outOfReach(fleet, way) : stopOver(fleet, way)))
}
