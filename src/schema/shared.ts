/** Fields that several types have in common, written once. */
import type { FieldKind } from '@pothos/core'
import { type AuthorSnapshot, authorOf } from '../auth/author.ts'
import type { Organization as OrganizationRow } from '../db/generated/prisma/client.ts'
import { organizations, type Table } from '../db/tables.ts'
import { reading } from '../links/columns.ts'
import type { OneLink } from '../links/link.ts'
import { Author } from './author.ts'
import type { builder } from './builder.ts'
import { nodeIdOf } from './node.ts'
import { Organization } from './organization.ts'
import { fromRow } from './resolveAll.ts'

type Builder<Row> = PothosSchemaTypes.RootFieldBuilder<typeof builder.$inferSchemaTypes, Row, FieldKind>

/** `nodeId` of a type of rows. */
export function nodeIdField<Row extends { readonly id: string | number }>(t: Builder<Row>, table: Table<Row>) {
  return t.id({
    description: "Relay's global id.",
    reads: [reading(table, 'id')],
    extensions: { lasts: true },
    resolve: (row: object) => nodeIdOf(table.model, (row as Row).id),
  })
}

/** `organization` of a type of rows that belong to one. `what` is the row in words. */
export function organizationField<Row extends object>(
  t: Builder<Row>,
  link: OneLink<Row, OrganizationRow>,
  what: string,
) {
  return t.one(link, { type: Organization, description: `The organization that the ${what} belongs to.` })
}

/** `customerId` of a type of rows that belong to an organization. */
export function customerIdField<Row extends object>(t: Builder<Row>, link: OneLink<Row, OrganizationRow>) {
  return t.int({
    description: "The organization's customer number.",
    reads: [reading(organizations, 'customerId')],
    ...fromRow(link, ({ customerId }) => customerId),
  })
}

/** A `*By` field: who did what the description says. */
export function authorField<Row extends object>(
  t: Builder<Row>,
  table: Table<Row>,
  column: keyof Row & string,
  description: string,
  nobody = 'Null where nobody is on record.',
) {
  return t.field({
    type: Author,
    nullable: true,
    description: `${description} ${nobody}`,
    reads: [reading(table, column)],
    resolve: (row: object): AuthorSnapshot | null => authorOf((row as Row)[column]),
  })
}
