/** The schema of a line of each kind, made of what the kinds declare; and all of them as one JSON Schema. */
import { z } from 'zod'
import { AccessType } from '../db/generated/prisma/client.ts'
import { expecting } from './forms.ts'
import type { Kind, Member } from './kind.ts'
import { accessKind, kinds } from './kinds.ts'

/** What a line says, by member: as it is stored. A member that is left out is not there. */
export type Values = Readonly<Record<string, unknown>>

/** Checks the lines of each kind, by its type. */
export const lineSchemas: ReadonlyMap<string, z.ZodType<Values>> = new Map(
  kinds.map((kind) => [kind.type, schemaOf(kind)]),
)

function schemaOf(kind: Kind): z.ZodType<Values> {
  if (kind !== accessKind) return objectOf(kind, kind.members).meta({ description: kind.description })
  const variants = Object.values(AccessType).map((type) => {
    const members = kind.members.filter(({ only }) => only === undefined || only.includes(type))
    return objectOf(kind, members).extend({
      access_type: z.literal(type).meta({ description: 'The kind of way to sign in.' }),
    })
  })
  const { error } = expecting(`one of ${Object.values(AccessType).join(', ')}`)
  return z
    .discriminatedUnion('access_type', variants as [(typeof variants)[number], ...typeof variants], {
      error: ({ input }) => error({ input: (input as Values).access_type }),
    })
    .meta({ description: kind.description })
}

function objectOf({ type }: Kind, members: readonly Member[]) {
  const shape = Object.fromEntries(members.map((member) => [member.name, fieldOf(member)]))
  return z.strictObject({ type: z.literal(type), ...shape })
}

function fieldOf({ form, description, nullable, required }: Member): z.ZodType {
  const schema = nullable ? form.schema.nullable() : form.schema
  return (required ? schema : schema.optional()).meta({ description })
}

/** A line of any kind, as JSON Schema (draft 2020-12). */
export function lineJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(z.union([...lineSchemas.values()] as never), {
    io: 'input',
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      // What a date-time is, its format says; the pattern of it is longer than all the rest.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
    },
  })
  return {
    $schema,
    title: 'A line of import and export of iam-graph',
    description: 'One row. Members that are left out stay as they are; null empties them.',
    ...schema,
  }
}
