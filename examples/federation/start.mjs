/** Runs the example until it is told to stop: `node start.mjs --router apollo|hive`. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mintJwt } from '../gateway.mjs'
import { launch } from './launch.mjs'
import { readPorts } from './ports.mjs'

const { values } = parseArgs({ options: { router: { type: 'string', default: 'apollo' } } })
const folder = fileURLToPath(new URL('.data/', import.meta.url))

const { iam, zones, router, close } = await launch({
  router: values.router,
  folder,
  ports: readPorts(process.env),
})
const jwt = await mintJwt({ folder, customer: 1, scope: 'users:read accesses:read roles:read' })
const query = '{ zones { name owner { email } managedBy { __typename type roles { id } } } }'
console.log(`iam-graph  ${iam.url}
zones      ${zones.url}
router     ${router.url}

curl ${router.url} -H 'Content-Type: application/json' \\
  -H 'Authorization: Bearer ${jwt}' \\
  -d '{"query":"${query}"}'`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => close().then(() => process.exit(0)))
