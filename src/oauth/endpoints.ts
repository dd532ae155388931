/** Where OAuth is: its endpoints, and the metadata that names them. */
import { allScopes } from '../auth/scopes.ts'
import { secretMethods } from './client.ts'
import { createIntrospection, type IntrospectionOptions } from './introspection.ts'
import type { Operation } from './operation.ts'
import { createRevocation } from './revocation.ts'

/** An endpoint that takes a form by POST. */
export interface OAuthEndpoint {
  readonly path: string
  /** What the metadata calls it: `<name>_endpoint` (RFC 8414, section 2). */
  readonly name: 'introspection' | 'revocation'
  /** How clients may say who they are, by the registered names. */
  readonly methods: readonly string[]
  /** Parameters that may be given several times. */
  readonly repeatable: ReadonlySet<string>
  readonly operation: Operation
}

const once: ReadonlySet<string> = new Set()

/** The endpoints of a gateway. */
export function createOAuthEndpoints(options: IntrospectionOptions): readonly OAuthEndpoint[] {
  return [
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
  return Object.assign(
    { issuer: publicUrl, scopes_supported: allScopes, response_types_supported: [], grant_types_supported: [] },
    keySetPath === null ? {} : { jwks_uri: `${publicUrl}${keySetPath}` },
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
    resource_name: 'iam-graph',
    ...(documentation === null ? {} : { resource_documentation: documentation }),
  }
}
