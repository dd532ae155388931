/** The command that prints a JWT of the development issuer. */
import { openDevelopmentIssuer } from '../auth/developmentIssuer.ts'
import { readConfig } from '../config.ts'
import { StartupError } from '../errors.ts'

interface TokenOptions {
  readonly customer?: number
  readonly scope: string
  readonly user?: string
  readonly access?: number
  readonly ttl: number
  readonly allOrganizations?: boolean
}

/** Prints the JWT and nothing else. Throws StartupError where the gateway trusts another issuer, and where the JWT would be of no organization. */
export async function printToken({
  customer,
  scope,
  user,
  access,
  ttl,
  allOrganizations,
}: TokenOptions): Promise<void> {
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
