/** The tables that statements are written over by hand: their names, columns and types are those of schema.prisma. */
import {
  type Access,
  type AuditEvent,
  type IdentityProvider,
  type Organization,
  type Permission,
  Prisma,
  type Role,
  type RoleAssignment,
  type RolePermission,
  type Token,
  type User,
} from './generated/prisma/client.ts'
import { modelTables } from './generated/tables.ts'

type Model = keyof typeof modelTables

/** A table whose rows have the shape `Row`. */
export interface Relation<Row> {
  readonly name: Prisma.Sql
  /** The column with the row's organization; null for the catalogue, which has no tenant. */
  readonly organization: Prisma.Sql | null
  /** The column of a member of `Row`, with the table's name before it. */
  column(member: keyof Row & string): Prisma.Sql
  /** The same without the table's name. */
  nameOf(member: keyof Row & string): Prisma.Sql
  /** The SQL type of that column. */
  typeOf(member: keyof Row & string): string
  /** Whether that column can be null. */
  isNullable(member: keyof Row & string): boolean
}

/** A table whose rows have an id. */
export interface Table<Row> extends Relation<Row> {
  /** The name of the model, which statements' readers and the schema share. */
  readonly model: Model
  readonly id: Prisma.Sql
  readonly idType: string
  /** The members that are read whatever is asked for: what tells rows, tenants and object types apart. */
  readonly always: readonly (keyof Row & string)[]
  /** Whether its rows name parts of the catalogue: each says of which version, as `catalogueVersion`, in decimal digits. */
  readonly leadsToCatalogue: boolean
  /** Whether it leads to rows that have been removed as well, which only tokens do. */
  readonly includesRemoved: boolean
  /** The select list that gives these members, under their names. Throws where the model has no such member. */
  select(members: Iterable<string>): Prisma.Sql
}

interface Column {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
}

interface Definition<Row> {
  /** The member with the organization; null for the catalogue. */
  readonly tenant: (keyof Row & string) | null
  readonly always?: readonly (keyof Row & string)[]
  readonly leadsToCatalogue?: boolean
  /** Members that name parts of the catalogue, where not all of its rows do so whatever is read of them. */
  readonly catalogued?: readonly (keyof Row & string)[]
}

function relation<Row>(model: Model, tenant: (keyof Row & string) | null): Relation<Row> {
  const { table, columns } = modelTables[model]
  const known = new Map(Object.entries<Column>(columns))
  const find = (member: string) => {
    const found = known.get(member)
    if (found === undefined) throw new Error(`${model} has no column for "${member}"`)
    return found
  }
  const column = (member: string) => Prisma.raw(`${table}.${find(member).name}`)
  return {
    name: Prisma.raw(table),
    organization: tenant === null ? null : column(tenant),
    column,
    nameOf: (member) => Prisma.raw(find(member).name),
    typeOf: (member) => find(member).type,
    isNullable: (member) => find(member).nullable,
  }
}

/** In the same snapshot as the rows that it stands on. */
const catalogueVersion = Prisma.sql`(SELECT version::text FROM catalogue_version) AS "catalogueVersion"`

function table<Row extends { readonly id: unknown }>(model: Model, definition: Definition<Row>): Table<Row> {
  const { tenant, always = [], leadsToCatalogue = false } = definition
  const catalogued: ReadonlySet<string> = new Set(definition.catalogued)
  const base = relation<Row>(model, tenant)
  return {
    ...base,
    model,
    id: base.column('id'),
    idType: base.typeOf('id'),
    always: ['id', ...(tenant === null || tenant === 'id' ? [] : [tenant]), ...always],
    leadsToCatalogue,
    includesRemoved: false,
    select(members) {
      const all = [...members]
      return Prisma.join([
        ...all.map((member) => Prisma.sql`${base.column(member as never)} AS ${Prisma.raw(`"${member}"`)}`),
        ...(leadsToCatalogue || all.some((member) => catalogued.has(member)) ? [catalogueVersion] : []),
      ])
    },
  }
}

/** The table with what has been removed from it: a view of the same columns, which goes by the table's name in statements. */
function includingRemoved<Row>(of: Table<Row>, view: string): Table<Row> {
  return { ...of, name: Prisma.sql`${Prisma.raw(view)} AS ${of.name}`, includesRemoved: true }
}

/** What texts are searched in: a column that the database makes, in lower case, and that rows are read without. */
export function searchTextOf<Row>({ name }: Relation<Row>): Prisma.Sql {
  return Prisma.sql`${name}.search_text`
}

export const organizations = table<Organization>('Organization', { tenant: 'id' })
export const identityProviders = table<IdentityProvider>('IdentityProvider', { tenant: 'organizationId' })
export const users = table<User>('User', { tenant: 'organizationId' })
export const accesses = table<Access>('Access', {
  tenant: 'organizationId',
  always: ['type'],
  catalogued: ['heldRoles'],
})
export const everyUser = includingRemoved(users, 'every_user')
export const everyAccess = includingRemoved(accesses, 'every_access')
export const roles = table<Role>('Role', { tenant: null })
export const permissions = table<Permission>('Permission', { tenant: null })
export const rolePermissions = relation<RolePermission>('RolePermission', null)
export const roleAssignments = table<RoleAssignment>('RoleAssignment', {
  tenant: 'organizationId',
  leadsToCatalogue: true,
})
export const auditEvents = table<AuditEvent>('AuditEvent', { tenant: 'organizationId' })
export const tokens = table<Token>('Token', { tenant: 'organizationId' })
