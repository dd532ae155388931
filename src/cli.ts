/** The command line. Only this file and main.mjs print, or end the process. */
import { randomUUID } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { inspect } from 'node:util'
import { Command, Option } from 'commander'
import type { Client } from 'pg'
import { announcement } from './announcement.ts'
import { countOfUsers, lead, lifetime, positiveInteger, uuid } from './arguments.ts'
import { keptKeysOf } from './assemble.ts'
import { openDevelopmentIssuer } from './auth/developmentIssuer.ts'
import { changeKeptKeys, type KeptKeys, listKeptKeys } from './auth/keptKeys.ts'
import { allScopes } from './auth/scopes.ts'
import { defaultLead, rotated, type SigningAlgorithm, signingAlgorithms, withoutKey } from './auth/signingKeys.ts'
import { type Config, readConfig, settings } from './config.ts'
import type { Location } from './db/provision.ts'
import { isLeftBehind, StartupError } from './errors.ts'

const program = new Command('iam-graph')
  .description('A GraphQL gateway over identity and access data.')
  .exitOverride()
  // A suggestion would be a line of its own.
  .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll('\n', ' ')}\n`) })
  .addHelpText('after', () => `\nEnvironment:\n${settingsHelp()}`)

program
  .command('start')
  .description('Run the gateway until it is told to stop.')
  .addHelpText('after', () => `\nEnvironment:\n${settingsHelp()}`)
  .action(runGateway)

program
  .command('seed')
  .description('Fill the database with a large, deterministic population. It continues where it was interrupted.')
  .requiredOption('--users <count>', 'users, from 1 to 1000000', countOfUsers(1_000_000))
  .option('--large <count>', 'users of one more organization, a large one, from 1 to 500000', countOfUsers(500_000))
  .action(runSeed)

program
  .command('import')
  .description('Bring organizations with all that belongs to them in from files of JSON Lines. All of it, or nothing.')
  .argument('<files...>', 'the files; - is standard input')
  .option('--check', 'only check, and change nothing')
  .option('--prune', 'take away what the files do not have, in the organizations that they have lines of')
  .action(runImport)

program
  .command('export')
  .description('Print what is there in the form of import: organizations, users, accesses, roles and tokens.')
  .option('--customer <number>', 'of the organization with this customer number only', positiveInteger)
  .action(runExport)

const organization = program.command('organization').description('Add an organization, or list them.')
organization
  .command('add')
  .description('Add an organization, so that JWTs with its customer number or its id are taken.')
  .requiredOption('--customer <number>', 'its customer number', positiveInteger)
  .requiredOption('--name <name>', 'its name')
  .option('--id <uuid>', 'its id; left out: a new one', uuid)
  .action(addOrganization)
organization
  .command('list')
  .description('Print the organizations: customer number, id, name.')
  .action(listOrganizations)

program
  .command('token')
  .description('Print a JWT of the development issuer, and nothing else.')
  .option('--customer <number>', "the organization's customer number", positiveInteger)
  .option('--scope <scopes>', 'scopes, separated by spaces', '')
  .option('--user <uuid>', 'the user who calls', uuid)
  .option('--access <id>', 'the access that signed in', positiveInteger)
  .addOption(
    new Option('--ttl <duration>', 'how long it is valid, 12h at most').argParser(lifetime).default(3_600, '1h'),
  )
  .option('--all-organizations', 'see every organization')
  .action(printToken)

const keys = program
  .command('keys')
  .description('The keys that exchanged JWTs are signed with: rotate them, or list them.')
keys
  .command('rotate')
  .description('Add a key, which is published at once and signs later in the place of the one that signs now.')
  .addOption(
    new Option('--lead <duration>', 'how long it is published before it signs, 30s at least')
      .argParser(lead)
      .default(defaultLead, '15m'),
  )
  .addOption(new Option('--algorithm <name>', 'its algorithm').choices([...signingAlgorithms]).default('ES256'))
  .action(rotateKeys)
keys
  .command('remove')
  .description('Take a key away that has leaked. Its JWTs are refused from then on.')
  .argument('<kid>', 'its id')
  .action(removeKey)
keys.command('list').description('Print the keys: id, algorithm, what each does.').action(listKeys)

program
  .command('schema')
  .description('Print the schema as SDL.')
  .option('--subgraph', 'print the federation subgraph instead of the public schema')
  .option('--import', 'print the JSON Schema of a line of import and export instead')
  .action(printSchema)

program
  .command('scopes')
  .description('Print the scopes that the operations in files of GraphQL need, in the worst case.')
  .argument('<files...>', 'the files; fragments may stand in others than the operations')
  .option('--check <list>', 'print nothing, and fail where an operation needs more than this list says')
  .action(printScopes)

/** Milliseconds in which two signals are one: what a terminal sends to every process, npm sends on to its own once more. */
const sameSignal = 500

/** Milliseconds that a gateway which listens has to get ready before it says what it lacks. */
const patience = 5_000

async function runGateway(): Promise<void> {
  const config = readConfig(process.env)
  const [{ createLogger }, { createLogObserver }, { start }] = await Promise.all([
    import('./log.ts'),
    import('./logObserver.ts'),
    import('./start.ts'),
  ])
  const log = createLogger(config.LOG_LEVEL, process.stderr)
  process.on('exit', () => log.flush())
  const started = await start(config, createLogObserver(log))

  let stoppingSince: number | undefined
  const stop = (): void => {
    if (stoppingSince !== undefined) return
    stoppingSince = performance.now()
    started
      .close()
      .then(({ cutOff, closed }) => {
        if (cutOff > 0) log.warn({ requests: cutOff }, 'requests were cut off: they took longer than DRAIN_TIMEOUT')
        if (closed) return
        log.error('the database was not closed within DRAIN_TIMEOUT')
        process.exitCode = 1
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'the gateway did not stop cleanly')
        process.exitCode = 1
      })
      .then(written)
      .then(() => process.exit())
  }
  const onSignal = (): void => {
    if (stoppingSince !== undefined && performance.now() - stoppingSince > sameSignal) process.exit(1)
    stop()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  process.on('unhandledRejection', (reason) => {
    if (!isLeftBehind(reason)) throw reason
  })
  // A rejection that nobody has handled comes here, too.
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'uncaught exception')
    process.exitCode = 1
    stop()
  })
  started.databaseEnded.then((reason) => {
    log.error({ reason }, 'the embedded database has ended: start the gateway again, what was written is kept')
    process.exitCode = 1
    stop()
  })

  const missing = await started.missing(patience)
  if (stoppingSince !== undefined) return
  process.stdout.write(`${announcement(started, missing, config)}\n`)
  if (missing.length > 0 && (await started.missing(Number.POSITIVE_INFINITY)).length === 0)
    log.info('iam-graph is ready')
}

/** Resolves when standard error has been written. A reader that stands still is waited for one second. */
function written(): Promise<void> {
  return new Promise((resolve) => {
    process.stderr.write('', () => resolve())
    setTimeout(resolve, 1_000)
  })
}

/** Does the work on the database that is configured, brought up to date, on a connection of its own. */
async function onDatabase<T>(work: (client: Client, kind: Location['kind'], config: Config) => Promise<T>): Promise<T> {
  const config = readConfig(process.env)
  const { bringUpToDate, locateDatabase, withConnection } = await import('./db/provision.ts')
  const location = await locateDatabase({
    url: config.DATABASE_OWNER_URL ?? config.DATABASE_URL,
    folder: config.DATA_DIR,
    poolSize: 1,
  })
  try {
    return await withConnection(location, { timeout: config.DATABASE_TIMEOUT, onWait: sayWait }, async (client) => {
      await bringUpToDate(client, { onWait: sayWait })
      return work(client, location.kind, config)
    })
  } finally {
    await location.close()
  }
}

function sayWait(what: string): void {
  process.stderr.write(`Waiting for ${what}\n`)
}

async function runSeed({ users, large }: { readonly users: number; readonly large?: number }): Promise<void> {
  const [{ bulkSeed }, { fillIfEmpty }, { createProgress }] = await Promise.all([
    import('../examples/data/bulk/seed.ts'),
    import('../examples/data/demo/demoData.ts'),
    import('./progress.ts'),
  ])
  const result = await onDatabase(async (client, _, config) => {
    const clock = () => new Date()
    // The demo first: a database that is no longer empty would never be given it.
    if (config.DEMO_DATA) await fillIfEmpty(client, clock())
    return bulkSeed(client, { users, large, now: clock(), onProgress: createProgress(process.stderr) })
  })
  const rate = Math.round(result.rows / Math.max(result.seconds, 0.001))
  process.stdout.write(
    `${result.users} users are there; ${result.rows} rows inserted in ${result.seconds.toFixed(1)} s` +
      `${result.rows > 0 ? ` (${rate} rows a second)` : ''}.\n`,
  )
}

interface ImportCommand {
  readonly check?: boolean
  readonly prune?: boolean
}

async function runImport(files: string[], { check = false, prune = false }: ImportCommand): Promise<void> {
  const [{ importFiles, openSources, tidyUp }, { createProgress }, { countsText }] = await Promise.all([
    import('./transfer/importFiles.ts'),
    import('./progress.ts'),
    import('./transfer/countsText.ts'),
  ])
  const sources = await openSources(files, process.stdin)
  const overBar = process.stderr.isTTY ? '\r\u001b[K' : ''
  const started = performance.now()
  const { lines, problems, counts, withoutAssigners } = await onDatabase(async (client, kindOfDatabase, config) => {
    const imported = await importFiles(client, {
      sources,
      check,
      prune,
      kindOfDatabase,
      now: new Date(),
      assignPermission: config.ROLE_ASSIGN_PERMISSION,
      requestId: randomUUID(),
      onProblem: (problem) => process.stderr.write(`${overBar}${problem}\n`),
      onPhase(phase) {
        process.stderr.write(`${phase}\n`)
        return createProgress(process.stderr)
      },
      onWait: sayWait,
    })
    await tidyUp(client, imported)
    return imported
  })
  for (const customer of withoutAssigners) {
    process.stderr.write(`Nobody may assign roles any more in the organization with the customer number ${customer}\n`)
  }
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
  const took = `${counted(lines, 'line')} in ${((performance.now() - started) / 1_000).toFixed(1)} s`
  if (problems > 0) throw new StartupError(`${counted(problems, 'problem')} in ${took}: nothing has been changed`, 2)
  process.stdout.write(counts === null ? `Nothing is wrong with ${took}.\n` : `${countsText(counts)}${took}.\n`)
}

async function runExport({ customer }: { readonly customer?: number }): Promise<void> {
  const { exportLines, findOrganization } = await import('./transfer/exportLines.ts')
  await onDatabase(async (client) => {
    const organizationId = customer === undefined ? null : await findOrganization(client, customer)
    try {
      await pipeline(exportLines(client, organizationId, sayLeftOut), process.stdout, { end: false })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw code === 'EPIPE' ? new StartupError('Whoever reads standard output has gone', 1, error) : error
    }
  })
}

function sayLeftOut(tokens: number): void {
  if (tokens === 0) return
  const left = tokens === 1 ? '1 token has no line' : `${tokens} tokens have no lines`
  process.stderr.write(`${left}: accesses that were removed leave them behind\n`)
}

interface NewOrganization {
  readonly customer: number
  readonly name: string
  readonly id?: string
}

async function addOrganization({ customer, name, id = randomUUID() }: NewOrganization): Promise<void> {
  const { addOrganization: add } = await import('./transfer/organizations.ts')
  await onDatabase((client, kindOfDatabase, { ROLE_ASSIGN_PERMISSION: assignPermission }) =>
    add(client, kindOfDatabase, { customer, name, id }, { assignPermission, onWait: sayWait }),
  )
  process.stdout.write(`Added ${name}: JWTs with customer_id ${customer} or org_id ${id} are taken from now on.\n`)
}

async function listOrganizations(): Promise<void> {
  const { organizationsText } = await import('./transfer/organizations.ts')
  process.stdout.write(await onDatabase(organizationsText))
}

interface TokenOptions {
  readonly customer?: number
  readonly scope: string
  readonly user?: string
  readonly access?: number
  readonly ttl: number
  readonly allOrganizations?: boolean
}

async function printToken({ customer, scope, user, access, ttl, allOrganizations }: TokenOptions): Promise<void> {
  const config = readConfig(process.env)
  if (!config.developmentIssuer) {
    throw new StartupError(
      'The gateway trusts the issuer of JWKS_URI or JWT_KEY_FILE, not itself: ask that issuer for a JWT',
      2,
    )
  }
  if (customer === undefined && !allOrganizations)
    throw new StartupError('Expected --customer or --all-organizations', 2)
  const scopes = new Set(scope.split(/\s+/).filter((name) => name !== ''))
  if (allOrganizations) scopes.add('organizations:all')
  const issuer = await openDevelopmentIssuer({
    folder: config.DATA_DIR,
    audience: config.JWT_AUDIENCE,
    clock: () => new Date(),
  })
  const claims = {
    sub: user ?? 'development',
    scope: [...scopes].join(' '),
    ...(customer === undefined ? {} : { customer_id: customer }),
    ...(access === undefined ? {} : { access_id: access }),
  }
  process.stdout.write(`${await issuer.sign(claims, ttl)}\n`)
}

interface Rotation {
  readonly lead: number
  readonly algorithm: SigningAlgorithm
}

async function rotateKeys({ lead: seconds, algorithm: alg }: Rotation): Promise<void> {
  const now = new Date()
  process.stdout.write(await changeKeptKeys(keptKeys(), now, (keys) => rotated(keys, { now, lead: seconds, alg })))
}

async function removeKey(kid: string): Promise<void> {
  const now = new Date()
  process.stdout.write(await changeKeptKeys(keptKeys(), now, (keys) => withoutKey(keys, kid, now)))
}

async function listKeys(): Promise<void> {
  process.stdout.write(await listKeptKeys(keptKeys(), new Date()))
}

function keptKeys(): KeptKeys {
  const kept = keptKeysOf(readConfig(process.env))
  if (kept !== null) return kept
  throw new StartupError('SIGNING_KEYS_FILE: expected the file that the keys are in, or are to be in, received none', 2)
}

interface SchemaCommand {
  readonly subgraph?: boolean
  readonly import?: boolean
}

async function printSchema({ subgraph, import: ofImport }: SchemaCommand): Promise<void> {
  if (ofImport) {
    const { lineJsonSchema } = await import('./transfer/lineSchema.ts')
    process.stdout.write(`${JSON.stringify(lineJsonSchema(), null, 2)}\n`)
    return
  }
  const { publicSdl, subgraphSdl } = await import('./schema/sdl.ts')
  process.stdout.write(subgraph ? await subgraphSdl() : publicSdl())
}

async function printScopes(files: string[], { check }: { readonly check?: string }): Promise<void> {
  const { formatList, outgrown, scopesOfFiles } = await import('./documentScopes.ts')
  const operations = await scopesOfFiles(files)
  if (check === undefined) {
    process.stdout.write(formatList(operations))
    return
  }
  const problems = await outgrown(operations, check)
  if (problems.length > 0) throw new StartupError(problems.join('\n'))
}

function settingsHelp(): string {
  return Object.entries(settings)
    .map(([name, { default: fallback, description }]) => {
      const shown = fallback === undefined || fallback === '' ? '' : ` (default: ${fallback})`
      return `  ${name.padEnd(24)}${description}${shown}`
    })
    .concat('', `Scopes: ${allScopes.join(' ')}`, '')
    .join('\n')
}

try {
  const [first = 'start', ...others] = process.argv.slice(2)
  await program.parseAsync([first, ...others], { from: 'user' })
} catch (error) {
  if (error instanceof StartupError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(error.exitCode)
  }
  // Commander has printed its own message; --help ends here as well, with exit code 0.
  if (error instanceof Error && 'exitCode' in error) process.exit(error.exitCode === 0 ? 0 : 2)
  process.stderr.write(`${inspect(error)}\n`)
  process.exit(1)
}
