/**
 * PostGraphile 5 on the same tables, as its documentation says that it is fast: production mode, lists instead of
 * connections where no cursor is needed, no `pgSettings` (so that a query needs no transaction), no watching, no
 * explaining, data as text, and its own prepared statements. Its schema is made of the tables as they are.
 */
import { createServer } from 'node:http'
import pg from 'pg'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const { DATABASE_URL, POOL_SIZE } = process.env
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) })

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  // It hides links whose columns no index begins with: an index on the user alone serves that of an organization's user as well.
  disablePlugins: ['PgIndexBehaviorsPlugin'],
  pgServices: [makePgService({ pool, schemas: ['public', 'bench'] })],
  gather: { installWatchFixtures: false },
  schema: { defaultBehavior: '+list +connection', pgForbidSetofFunctionsToReturnNull: true, dontSwallowErrors: true },
  grafast: { explain: false, context: () => ({}) },
  grafserv: { watch: false, graphiql: false, graphiqlOnGraphQLGET: false },
})

const server = createServer()
await instance.createServ(grafserv).addTo(server)
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
