/** Where OAuth is: its endpoints, and the metadata that names them. */
import { algorithms } from '../auth/keys.ts'
import { allScopes } from '../auth/scopes.ts'
import { secretMethods } from './client.ts'
import { createExchange, type ExchangeOptions } from './exchange.ts'
import { exchangeGrant, repeatableParameters } from './exchangeRequest.ts'
import { createIntrospection, type IntrospectionOptions } from './introspection.ts'
import type { Operation } from './operation.ts'
import { createRevocation } from './revocation.ts'

/** An endpoint that takes a form by POST. */
export interface OAuthEndpoint {
  readonly path: string
  /** What the metadata calls it: `<name>_endpoint` (RFC 8414, section 2). */
  readonly name: 'introspection' | 'revocation' | 'token'
  /** How clients may say who they are, by the registered names. */
  readonly methods: readonly string[]
  /** Parameters that may be given several times. */
  readonly repeatable: ReadonlySet<string>
  readonly operation: Operation
}

const once: ReadonlySet<string> = new Set()

export interface OAuthOptions extends IntrospectionOptions {
  /** What API tokens are exchanged with; null: they are not. */
  readonly exchange: Pick<ExchangeOptions, 'signer' | 'checkProof'> | null
}

/** The endpoints of a gateway. */
export function createOAuthEndpoints(options: OAuthOptions): readonly OAuthEndpoint[] {
  return [
    ...(options.exchange === null ? [] : [tokenEndpoint({ ...options, ...options.exchange })]),
    {
      path: '/oauth/introspect',
      name: 'introspection',
      methods: [...secretMethods, 'Bearer'],
      repeatable: once,
      operation: createIntrospection(options),
    },
    {
      path: '/oauth/revoke',
      name: 'revocation',
      methods: [...secretMethods, 'none'],
      repeatable: once,
      operation: createRevocation(options.entrance),
    },
  ]
}

function tokenEndpoint(options: ExchangeOptions): OAuthEndpoint {
  return {
    path: '/oauth/token',
    name: 'token',
    methods: ['none'],
    repeatable: repeatableParameters,
    operation: createExchange(options),
  }
}

export const serverMetadataPath = '/.well-known/oauth-authorization-server'

/** Where the metadata of a protected resource is, before the path of the resource (RFC 9728, section 3.1). */
export const resourceMetadataPath = '/.well-known/oauth-protected-resource'

/** The metadata of the gateway at this address as an authorization server (RFC 8414). What is off is not in it. */
export function serverMetadata(
  publicUrl: string,
  endpoints: readonly OAuthEndpoint[],
  keySetPath: string | null,
): object {
  const each = endpoints.map(({ path, name, methods }) => ({
    [`${name}_endpoint`]: `${publicUrl}${path}`,
    [`${name}_endpoint_auth_methods_supported`]: methods,
  }))
  const exchanges = endpoints.some(({ name }) => name === 'token')
  return Object.assign(
    {
      issuer: publicUrl,
      scopes_supported: allScopes,
      response_types_supported: [],
      grant_types_supported: exchanges ? [exchangeGrant] : [],
    },
    keySetPath === null ? {} : { jwks_uri: `${publicUrl}${keySetPath}` },
    // RFC 9449, section 5.1.
    exchanges ? { dpop_signing_alg_values_supported: algorithms } : {},
    ...each,
  )
}

/** What is the same for every resource of the gateway. */
export interface ResourceOptions {
  readonly publicUrl: string
  /** Who issues the JWTs that the gateway trusts, where that is an address, beside itself. */
  readonly issuer: string
  /** Where people can read about the resource; null where there is no such page. */
  readonly documentation: string | null
}

/** The metadata of what is at this path of the gateway (RFC 9728, section 2). */
export function resourceMetadata(path: string, { publicUrl, issuer, documentation }: ResourceOptions): object {
  return {
    resource: `${publicUrl}${path}`,
    authorization_servers: [publicUrl, ...(/^https?:/.test(issuer) ? [issuer] : [])],
    bearer_methods_supported: ['header'],
    scopes_supported: allScopes,
    dpop_signing_alg_values_supported: algorithms,
    resource_name: 'iam-graph',
    ...(documentation === null ? {} : { resource_documentation: documentation }),
  }
}
