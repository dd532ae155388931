/** Configuration → what the parts of the gateway take. */

import { type KeptKeys, keptInFolder } from './auth/keptKeys.ts'
import { type KeySource, keysFromFile } from './auth/keys.ts'
import type { ClaimNames } from './auth/principal.ts'
import { remoteKeys } from './auth/remoteKeys.ts'
import type { Config } from './config.ts'
import type { Policy } from './context.ts'
import { hostnameOf, loopbackHosts } from './http/hosts.ts'
import type { Observer } from './observer.ts'
import type { Limits } from './operation/limits.ts'

/** The keys of the identity provider that is configured. */
export async function keysOf(config: Config, clock: () => Date, observe: Observer): Promise<KeySource> {
  if (config.JWT_KEY_FILE !== null) return keysFromFile(config.JWT_KEY_FILE)
  if (config.JWKS_URI === null) throw new Error('expected a configuration with keys')
  return remoteKeys({ uri: config.JWKS_URI, clock, observe })
}

/** Where the keys are that the gateway signs with; null where it has none, and signs nothing. */
export function keptKeysOf({ SIGNING_KEYS, SIGNING_KEYS_FILE, DATA_DIR, developmentIssuer }: Config): KeptKeys | null {
  if (SIGNING_KEYS !== null) return { kind: 'text', text: SIGNING_KEYS }
  if (SIGNING_KEYS_FILE !== null) return { kind: 'file', path: SIGNING_KEYS_FILE, setting: 'SIGNING_KEYS_FILE' }
  return developmentIssuer ? keptInFolder(DATA_DIR) : null
}

export function claimNamesOf(config: Config): ClaimNames {
  return {
    scopes: config.JWT_SCOPE_CLAIMS,
    organization: config.JWT_ORGANIZATION_CLAIM,
    customer: config.JWT_CUSTOMER_CLAIM,
    access: config.JWT_ACCESS_CLAIM,
    token: config.JWT_TOKEN_CLAIM,
  }
}

/** The hosts that requests may be for; null where any will do: a foreign JWT is nothing that a page could be given. */
export function allowedHostsOf({ HOST, ALLOWED_HOSTS, developmentIssuer }: Config): readonly string[] | null {
  if (ALLOWED_HOSTS === null && !developmentIssuer) return null
  const own = hostnameOf(HOST.includes(':') ? `[${HOST}]` : HOST)
  return [...loopbackHosts, own, ...(ALLOWED_HOSTS ?? []).map(hostnameOf)].filter((host) => host !== undefined)
}

export function policyOf(config: Config): Policy {
  return {
    mostRows: config.MAX_PAGE_SIZE,
    tokenDefaultLifetime: config.TOKEN_DEFAULT_LIFETIME,
    tokenMaxLifetime: config.TOKEN_MAX_LIFETIME,
    roleAssignPermission: config.ROLE_ASSIGN_PERMISSION,
    tokenIdleLifetime: config.TOKEN_IDLE_LIFETIME,
  }
}

export function limitsOf(config: Config): Limits {
  return {
    tokens: config.MAX_DOCUMENT_TOKENS,
    depth: config.MAX_DEPTH,
    aliases: config.MAX_ALIASES,
    rootFields: config.MAX_ROOT_FIELDS,
    mutationFields: config.MAX_MUTATION_FIELDS,
    objects: config.MAX_COST,
    bytes: config.MAX_ANSWER_BYTES,
    work: config.MAX_WORK,
  }
}
