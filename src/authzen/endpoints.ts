/** Where AuthZEN is: its endpoints, and the metadata that names them (Authorization API 1.0, sections 9 and 10.1). */
import { evaluation } from './evaluation.ts'
import { evaluations } from './evaluations.ts'
import type { Operation } from './operation.ts'
import type { PageTokens } from './pageToken.ts'
import { searchAction, searchResource, searchSubject } from './search.ts'

interface Endpoint {
  readonly path: string
  /** What the metadata calls it. */
  readonly parameter: string
  readonly operation: (tokens: PageTokens) => Operation
}

export const endpoints: readonly Endpoint[] = [
  { path: '/access/v1/evaluation', parameter: 'access_evaluation_endpoint', operation: () => evaluation },
  { path: '/access/v1/evaluations', parameter: 'access_evaluations_endpoint', operation: () => evaluations },
  { path: '/access/v1/search/subject', parameter: 'search_subject_endpoint', operation: searchSubject },
  { path: '/access/v1/search/resource', parameter: 'search_resource_endpoint', operation: searchResource },
  { path: '/access/v1/search/action', parameter: 'search_action_endpoint', operation: searchAction },
]

export const metadataPath = '/.well-known/authzen-configuration'

/** The metadata of a gateway at this address. There are no capabilities to be told, and nothing that would sign it. */
export function metadataOf(publicUrl: string): Readonly<Record<string, string>> {
  const addresses = endpoints.map(({ path, parameter }) => [parameter, `${publicUrl}${path}`])
  return { policy_decision_point: publicUrl, ...Object.fromEntries(addresses) }
}
