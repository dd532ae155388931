import { defaultDataIdFromObject, InMemoryCache, type TypePolicies } from '@apollo/client'
import { relayStylePagination } from '@apollo/client/utilities'
import { possibleTypes } from '../__generated__/cacheTypes.json'

/** One list for each search and order, however many of its pages are there. */
const pages = relayStylePagination(['search', 'orderBy'])
const holders = relayStylePagination(['permissionId', 'resource', 'search'])
/** Of two selections at the same place both are kept. */
const merged = { merge: true }

export const typePolicies: TypePolicies = {
  Node: { keyFields: defaultDataIdFromObject },
  Query: {
    fields: {
      usersConnection: pages,
      accessesConnection: pages,
      tokensConnection: pages,
      auditEvents: pages,
      accessesWithPermissionConnection: holders,
    },
  },
  User: { fields: { events: pages } },
  Token: { fields: { events: pages } },
  OrganizationSearchResult: merged,
  UserSearchResult: merged,
  AccessSearchResult: merged,
  TokenSearchResult: merged,
  UserAccessListResult: merged,
  RoleListResult: merged,
  PermissionListResult: merged,
  Viewer: merged,
  AllowedScopes: merged,
  OrganizationScopes: merged,
}

export function createCache() {
  // Nothing has an identity but what is a Node. Not an Author: its id is that of the user who acted.
  return new InMemoryCache({ possibleTypes, typePolicies, dataIdFromObject: () => undefined })
}
