/**
 * Runs real queries across both subgraphs through a real router: `node check.mjs --router apollo|hive`. Prints how many
 * fetches each took, with `--print` what they were. Exits with 1 where something is not as it must be.
 */
import { deepStrictEqual as equal } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mintJwt } from '../gateway.mjs'
import { launch } from './launch.mjs'
import { passThrough } from './passThrough.mjs'
import { queries } from './queries.mjs'
import { refusals } from './refusals.mjs'

const { values } = parseArgs({
  options: { router: { type: 'string', default: 'apollo' }, print: { type: 'boolean', default: false } },
})
const folder = await mkdtemp(join(tmpdir(), 'iam-graph-federation-'))
const reading = 'users:read accesses:read roles:read'
let failed = 0

try {
  const running = await launch({
    router: values.router,
    folder,
    ports: { iam: 0, zones: 0, router: 0 },
    inFront: passThrough,
  })
  try {
    const [reader, other, usersOnly, accessesOnly] = await Promise.all([
      mintJwt({ folder, customer: 1, scope: reading }),
      mintJwt({ folder, customer: 2, scope: reading }),
      mintJwt({ folder, customer: 1, scope: 'users:read' }),
      mintJwt({ folder, customer: 1, scope: 'accesses:read' }),
    ])
    console.log(`Through ${values.router}:\n\n  iam  zones`)
    for (const query of queries) await report(query.title, () => run(query, reader, running))
    console.log('')
    const setting = {
      ask: (document, jwt) => ask(running.router.url, document, jwt),
      jwts: { reader, other, usersOnly, accessesOnly },
    }
    for (const [rule, holds] of Object.entries(refusals)) await report(rule, () => holds(setting))
  } finally {
    await running.close()
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(failed === 0 ? '\nAll of it holds.' : `\n${failed} of it do not hold.`)
process.exitCode = failed === 0 ? 0 : 1

/** Runs the query, and gives its numbers of fetches as text. */
async function run({ document, check, fetches, [values.router]: otherwise }, jwt, { iam, zones, router }) {
  iam.asked.length = 0
  zones.asked.length = 0
  const { data, errors } = await ask(router.url, document, jwt)
  equal(errors, [])
  check(data)
  const asked = [...iam.asked, ...zones.asked]
  if (values.print) for (const { query, variables } of asked) console.log(`\n${query}\n${JSON.stringify(variables)}`)
  equal(
    asked.filter(({ authorization }) => authorization !== `Bearer ${jwt}`),
    [],
    'expected the JWT of the caller with every fetch',
  )
  equal({ iam: iam.asked.length, zones: zones.asked.length }, { ...fetches, ...otherwise })
  return `${String(iam.asked.length).padStart(3)}  ${String(zones.asked.length).padStart(5)}`
}

async function report(title, run) {
  try {
    console.log(`  ${(await run()) ?? 'ok'}  ${title}`)
  } catch (error) {
    failed += 1
    console.log(`  FAILED  ${title}\n${error.message.replace(/^/gm, '    ')}`)
  }
}

/** @returns {Promise<import('./refusals.mjs').Answer>} */
async function ask(url, query, jwt) {
  const authorization = jwt === null ? {} : { authorization: `Bearer ${jwt}` }
  const headers = { 'content-type': 'application/json', ...authorization }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
  const text = await response.text()
  const { data = null, errors = [] } = JSON.parse(text)
  return { status: response.status, data, errors, text }
}
