/** What a gateway prints when it has been started. */
import type { Config } from './config.ts'
import type { Started } from './start.ts'

/** Where it is, what it stands on, and how to ask it; first of all, whether it can be asked or what it lacks. */
export function announcement(started: Started, missing: readonly string[], config: Config): string {
  const database =
    started.database === 'server'
      ? 'the PostgreSQL server of DATABASE_URL'
      : `embedded PostgreSQL in ${config.DATA_DIR}, for demos, development and tests: one connection, and a crash of the\n` +
        '            machine may lose what was written last. Set DATABASE_URL for a server.'
  const lines = [
    missing.length === 0 ? 'iam-graph is ready.' : `iam-graph is listening, but not ready: ${missing.join('; ')}`,
    '',
    ...(started.graphiql === null ? [] : [`  GraphiQL  ${started.graphiql}`]),
    `  Endpoint  ${started.endpoint}`,
    `  Database  ${database}`,
  ]
  if (started.migrated.length > 0) lines.push(`            Applied ${started.migrated.join(', ')}.`)
  if (started.filled) lines.push('            Filled with demo data, because it was empty.')
  if (!started.exchanges) {
    lines.push('  Exchange  off: there are no keys to sign JWTs with. Set SIGNING_KEYS_FILE or SIGNING_KEYS.')
  }
  if (started.empty) {
    lines.push(
      '',
      'There is no organization yet: npm run organization -- add --customer N --name …, or npm run import -- FILE',
    )
  }
  if (started.demoJwts !== null) {
    lines.push('', 'Demo JWTs, valid for 12 hours (GraphiQL has the first one, for localhost):')
    for (const { title, jwt } of started.demoJwts) lines.push('', `  ${title}`, `  ${jwt}`)
  } else if (config.developmentIssuer) {
    lines.push('', 'Make a JWT: npm run --silent token -- --customer 1 --scope "users:read"')
  }
  return `${lines.join('\n')}\n`
}
