/** The Pothos builder that every type registers itself with, and the scalars that all of them share. */
import SchemaBuilder from '@pothos/core'
import DirectivePlugin from '@pothos/plugin-directives'
import FederationPlugin from '@pothos/plugin-federation'
import PrismaPlugin from '@pothos/plugin-prisma'
import { Kind, valueFromASTUntyped } from 'graphql'
import type { Context } from '../context.ts'
import type PrismaTypes from '../db/generated/pothos.ts'
import { getDatamodel } from '../db/generated/pothos.ts'
import { dayOf, instantOf } from '../instants.ts'
import './costPlugin.ts'
import './linkFields.ts'
import './oncePlugin.ts'
import './readsPlugin.ts'
import './scopesPlugin.ts'

export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  DefaultInputFieldRequiredness: false
  PrismaTypes: PrismaTypes
  Scalars: {
    ID: { Input: string; Output: string | number }
    Date: { Input: Date; Output: Date }
    DateTime: { Input: Date; Output: Date }
    JSON: { Input: unknown; Output: unknown }
  }
}>({
  defaultFieldNullability: false,
  plugins: ['scopes', 'cost', 'reads', 'once', PrismaPlugin, DirectivePlugin, FederationPlugin],
  prisma: {
    client: (context) => context.prisma,
    dmmf: getDatamodel(),
    exposeDescriptions: true,
  },
})

const aDay = 'a calendar date such as 2026-11-21'
const anInstant = 'an instant such as 2026-11-21T09:30:00Z'

builder.scalarType('Date', {
  description: 'A calendar date, `YYYY-MM-DD`.',
  serialize: (value) => value.toISOString().slice(0, 10),
  parseValue: (value) => parseTime(dayOf, aDay, value),
  parseLiteral: (node) => parseTime(dayOf, aDay, node.kind === Kind.STRING ? node.value : undefined),
})

builder.scalarType('DateTime', {
  description:
    'An instant as RFC 3339 writes it. Answers are always in UTC with milliseconds, for example `2026-11-21T09:30:00.000Z`; ' +
    'what is finer than that in an input is rounded up.',
  serialize: (value) => value.toISOString(),
  parseValue: parseInstant,
  parseLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : undefined),
})

builder.scalarType('JSON', {
  description: 'Any value of JSON, as it is.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
})

/** Digits beyond the milliseconds, which Date cuts off, not all of them zero. */
const finer = /\.\d{3}\d*[1-9]/

/**
 * Rounded up to a whole millisecond, as everything that it is compared with has: such an instant is before the given one
 * where it is before the rounded one, and only there. Cut off, a range would lose the rows of its last millisecond.
 */
function parseInstant(value: unknown): Date {
  const instant = parseTime(instantOf, anInstant, value)
  return finer.test(value as string) ? new Date(instant.getTime() + 1) : instant
}

/** What graphql-js makes of the error says which variable or argument has the value. */
function parseTime(read: (text: string) => Date | undefined, expected: string, value: unknown): Date {
  const time = typeof value === 'string' ? read(value) : undefined
  if (time === undefined) throw new Error(`Expected ${expected}.`)
  return time
}

builder.queryType({ description: 'What can be asked.' })
builder.mutationType({ description: 'What can be changed. Expected failures are part of the answer, not errors.' })
