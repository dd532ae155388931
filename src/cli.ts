/** The command line: which commands there are, and how they end. */
import { inspect } from 'node:util'
import { Command, Option } from 'commander'
import { countOfUsers, lead, lifetime, positiveInteger, uuid } from './arguments.ts'
import { allScopes } from './auth/scopes.ts'
import { defaultLead, signingAlgorithms } from './auth/signingKeys.ts'
import { listKeys, removeKey, rotateKeys } from './commands/keys.ts'
import { addOrganization, listOrganizations } from './commands/organizations.ts'
import { printSchema } from './commands/schema.ts'
import { printScopes } from './commands/scopes.ts'
import { runSeed } from './commands/seed.ts'
import { runGateway } from './commands/start.ts'
import { printToken } from './commands/token.ts'
import { runExport, runImport } from './commands/transfer.ts'
import { settings } from './config.ts'
import { StartupError } from './errors.ts'

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
