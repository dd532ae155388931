/** Loads every type, then builds the schema. Nothing but the gateway and the command line imports this. */
import { builder } from './builder.ts'
import './node.ts'
import './organization.ts'
import './author.ts'
import './user.ts'
import './users.ts'
import './permission.ts'
import './role.ts'
import './access.ts'
import './accesses.ts'
import './token.ts'
import './tokens.ts'
import './viewer.ts'
import './requiredScopes.ts'
import './organizations.ts'
import './rights.ts'
import './checkPermissions.ts'
import './holders.ts'
import './issueToken.ts'
import './deactivateToken.ts'

/** The public schema. */
export const schema = builder.toSchema()
