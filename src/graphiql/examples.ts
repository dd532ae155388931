/** The operations that GraphiQL opens with: a short tour of the graph, from "who am I" to changing a token. */

export interface ExampleTab {
  /** The operation's name, which is also the title of its tab. */
  readonly name: string
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Ids that exist where the examples run, so that each of them answers at the first press of the button. */
export interface ExampleIds {
  /** A user with several accesses. */
  readonly userId: string
  /** An access that may hold tokens: any type but a profile. */
  readonly accessId: string
  /** An active token. */
  readonly tokenId: string
}

const firstSteps = `# The first steps without demo data:
# 1. npm run organization -- add --customer N --name …, or npm run import -- FILE (docs/import.md)
# 2. Under Headers, a JWT of that organization: { "Authorization": "Bearer …" }

`

/** The same where there is no demo data: the first tab says what to do before it runs. */
export function withFirstSteps(tabs: readonly ExampleTab[]): readonly ExampleTab[] {
  return tabs.map((tab, place) => (place === 0 ? { ...tab, query: firstSteps + tab.query } : tab))
}

/** The tabs in their order: reading first, changing last. */
export function exampleTabs(demo: ExampleIds): readonly ExampleTab[] {
  return Object.freeze([
    {
      name: 'WhoAmI',
      query: `# Who you are, what you may do, and what you may hand on.
# Scopes: users:read, accesses:read
query WhoAmI {
  viewer {
    subject
    scopes
    grantableScopes
    organization {
      id
      name
    }
    user {
      id
      firstname
      lastname
      email
    }
    access {
      id
      type
    }
  }
}
`,
    },
    {
      name: 'UsersWithAccessesAndRoles',
      query: `# Users, their ways in, and the roles held there.
# Scopes: users:read, accesses:read, roles:read
query UsersWithAccessesAndRoles {
  users(limit: 10) {
    total
    results {
      id
      firstname
      lastname
      email
      accesses {
        total
        results {
          id
          type
          ... on UiConnectionAccess {
            twoFaEnabled
          }
          ... on SsoConnectionAccess {
            ssoId
          }
          ... on ApiConnectionAccess {
            name
          }
          ... on ProfileAccess {
            name
          }
          roles {
            id
            description
          }
        }
      }
    }
  }
}
`,
    },
    {
      name: 'OneUserToItsPermissions',
      query: `# One user down to each permission and its resource.
# Scopes: users:read, accesses:read, roles:read
query OneUserToItsPermissions($userId: ID!) {
  user(id: $userId) {
    firstname
    lastname
    organization {
      name
    }
    accesses {
      results {
        id
        type
        roleAssignments {
          resource {
            type
            id
          }
          role {
            id
            description
            permissions {
              id
              description
            }
          }
        }
      }
    }
  }
}
`,
      variables: { userId: demo.userId },
    },
    {
      name: 'SearchUsers',
      query: `# Users by a part of their name, email or phone.
# Scopes: users:read
query SearchUsers($search: UserSearch!, $limit: Int, $offset: Int) {
  users(search: $search, limit: $limit, offset: $offset) {
    total
    limit
    offset
    results {
      id
      firstname
      lastname
      email
      language
      expiresAt
      lastLoginAt
    }
  }
}
`,
      variables: { search: { text: 'an', expired: false }, limit: 10, offset: 0 },
    },
    {
      name: 'RolesAndPermissions',
      query: `# The catalogue: every role and what it permits.
# Scopes: roles:read
query RolesAndPermissions {
  roles {
    total
    results {
      id
      description
      permissions {
        id
        description
      }
    }
  }
}
`,
    },
    {
      name: 'Tokens',
      query: `# API tokens: whose they are, and when last used.
# Scopes: tokens:read, users:read
query Tokens($search: TokenSearch, $limit: Int) {
  tokens(search: $search, limit: $limit) {
    total
    results {
      id
      name
      hint
      status
      scope
      expiresAt
      lastUsedAt
      user {
        firstname
        lastname
      }
    }
  }
}
`,
      variables: { search: { status: ['ACTIVE', 'DEACTIVATED'] }, limit: 10 },
    },
    {
      name: 'CreateUser',
      query: `# A new user. updateUser changes it, createAccess gives it a way in.
# Scopes: users:write, users:read
mutation CreateUser($input: CreateUserInput!) {
  createUser(input: $input) {
    __typename
    ... on CreateUserPayload {
      user {
        id
        firstname
        lastname
        email
        updatedAt
        createdBy {
          firstname
          lastname
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on InvalidInputError {
      fields {
        path
        message
      }
    }
  }
}
`,
      variables: {
        input: { firstname: 'Noor', lastname: 'Haddad', email: 'noor.haddad@lakeside.example', language: 'EN' },
      },
    },
    {
      name: 'CreateAccess',
      query: `# A way in for a user: one of four. It holds no roles yet.
# Scopes: accesses:write, accesses:read
mutation CreateAccess($input: CreateAccessInput!) {
  createAccess(input: $input) {
    __typename
    ... on CreateAccessPayload {
      access {
        id
        type
        ... on ApiConnectionAccess {
          name
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on InvalidInputError {
      fields {
        path
        message
      }
    }
  }
}
`,
      variables: {
        input: { userId: demo.userId, access: { apiConnection: { name: 'made in GraphiQL', language: 'EN' } } },
      },
    },
    {
      name: 'AssignRole',
      query: `# A role for a while, on one zone. What you do not hold yourself you cannot give.
# Scopes: roles:write, roles:read
mutation AssignRole($input: AssignRoleInput!) {
  assignRole(input: $input) {
    __typename
    ... on AssignRolePayload {
      assignment {
        role {
          id
          description
        }
        resource {
          type
          id
        }
        validUntil
      }
    }
    ... on Error {
      code
      message
    }
    ... on ScopeNotGrantedError {
      excess
    }
    ... on GuardRailError {
      rule
    }
  }
}
`,
      variables: {
        input: {
          accessId: demo.accessId,
          roleId: 'zone-reader',
          resource: { type: 'ZONE', id: 'example.com' },
          validUntil: '2030-01-01T00:00:00Z',
        },
      },
    },
    {
      name: 'UpdateUser',
      query: `# Changes a user, unless somebody has changed it since: the ConflictError says who and when. Send the updatedAt that it has.
# Scopes: users:write, users:read
mutation UpdateUser($input: UpdateUserInput!) {
  updateUser(input: $input) {
    __typename
    ... on UpdateUserPayload {
      user {
        id
        phone
        updatedAt
      }
    }
    ... on Error {
      code
      message
    }
    ... on ConflictError {
      changedAt
      changedBy {
        firstname
        lastname
      }
    }
  }
}
`,
      variables: { input: { userId: demo.userId, phone: '+44 20 7946 0018', updatedAt: '2020-01-01T00:00:00Z' } },
    },
    {
      name: 'RemoveUser',
      query: `# Removes a user, and says what goes with it. Nobody removes themselves: send the id of a user that you have created.
# Scopes: users:write
mutation RemoveUser($input: RemoveUserInput!) {
  removeUser(input: $input) {
    __typename
    ... on RemoveUserPayload {
      userId
      accessIds
      roleAssignments
      tokenIds
    }
    ... on Error {
      code
      message
    }
    ... on GuardRailError {
      rule
    }
  }
}
`,
      variables: { input: { userId: demo.userId } },
    },
    {
      name: 'IssueToken',
      query: `# A new API token. Its secret is shown here, once.
# Scopes: tokens:issue, tokens:read
mutation IssueToken($input: IssueTokenInput!) {
  issueToken(input: $input) {
    __typename
    ... on IssueTokenPayload {
      secret
      token {
        id
        name
        hint
        status
        scope
        expiresAt
      }
    }
    ... on Error {
      code
      message
    }
    ... on ScopeNotGrantedError {
      excess
    }
    ... on InvalidInputError {
      fields {
        path
        message
      }
    }
  }
}
`,
      variables: { input: { accessId: demo.accessId, name: 'issued from GraphiQL', scope: ['users:read'] } },
    },
    {
      name: 'DeactivateToken',
      query: `# Switches a token off. reactivateToken switches it on.
# Scopes: tokens:deactivate, tokens:read
mutation DeactivateToken($tokenId: ID!) {
  deactivateToken(tokenId: $tokenId) {
    __typename
    ... on DeactivateTokenPayload {
      token {
        id
        name
        status
        deactivatedUpdatedOn
        deactivatedUpdatedBy {
          firstname
          lastname
        }
      }
    }
    ... on Error {
      code
      message
    }
  }
}
`,
      variables: { tokenId: demo.tokenId },
    },
  ])
}
