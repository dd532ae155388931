/**
 * What a request costs that is signed in by API token, beside the same one with a JWT: CPU of the gateway's process, in turns,
 * so that what else the machine does meets both. Linux only: it reads /proc.
 *
 *   DATABASE_URL=postgres://… ROUNDS=15 REQUESTS=4000 npm run drill:signed-in
 */
import { readFileSync } from 'node:fs'
import { demoCallers } from '../../examples/data/demo/callers.ts'
import { drill, issue, type Member, numberOf } from './fleet.ts'

const rounds = numberOf('ROUNDS', 15)
const requests = numberOf('REQUESTS', 4_000)
const atOnce = 16

/** Milliseconds of CPU that the process has taken; Linux counts hundredths of a second. */
function cpuOf({ running }: Member): number {
  const stat = readFileSync(`/proc/${running.pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) * 10
}

/** Microseconds of CPU a request. */
async function costOf(member: Member, authorization: string): Promise<number> {
  const before = cpuOf(member)
  let left = requests
  const client = async () => {
    while (left > 0) {
      left -= 1
      const { status, text } = await member.ask('{ viewer { subject } }', authorization)
      if (status !== 200) throw new Error(`expected 200, received ${text}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  return ((cpuOf(member) - before) * 1_000) / requests
}

const middle = (numbers: readonly number[]) =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0

await drill(async (fleet) => {
  const member = await fleet.start()
  const jwt = await fleet.authorization({ ...demoCallers.administrator, scopes: [] })
  const { secret } = await issue(member, await fleet.authorization(), 'Signs in')
  const apiToken = `Bearer ${secret}`
  for (const authorization of [jwt, apiToken]) await costOf(member, authorization)
  const costs: { readonly jwt: number; readonly apiToken: number }[] = []
  for (let round = 0; round < rounds; round++) {
    // Who comes first changes.
    const order = round % 2 === 0 ? [jwt, apiToken] : [apiToken, jwt]
    const found = new Map<string, number>()
    for (const authorization of order) found.set(authorization, await costOf(member, authorization))
    costs.push({ jwt: found.get(jwt) ?? 0, apiToken: found.get(apiToken) ?? 0 })
  }
  const ratio = middle(costs.map((cost) => cost.apiToken / cost.jwt))
  console.log(
    `${rounds} rounds of ${requests} requests: ${Math.round(middle(costs.map((cost) => cost.apiToken)))} µs of CPU with an ` +
      `API token, ${Math.round(middle(costs.map((cost) => cost.jwt)))} µs with a JWT: ${ratio.toFixed(3)} times as much (median of pairs)`,
  )
  return []
})
