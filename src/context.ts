/** What resolvers are given: one for each request, made by the gateway and never by hand. */
import type { Principal } from './auth/principal.ts'
import { visibilityOf } from './auth/visibility.ts'
import type { PrismaClient } from './db/generated/prisma/client.ts'
import { createLoaders, type Loaders } from './loaders/index.ts'
import type { SearchRules } from './search/rules.ts'

/** The rules that are the operator's to set. */
export interface Policy {
  /** Rows of a page, and ids of a list, at most. */
  readonly mostRows: number
  /** Seconds that a token lives when its issuer names no end. */
  readonly tokenDefaultLifetime: number
  /** Seconds that a token may live. */
  readonly tokenMaxLifetime: number
}

export interface Context {
  readonly principal: Principal
  readonly loaders: Loaders
  readonly prisma: PrismaClient
  readonly rules: SearchRules
  readonly policy: Policy
  readonly clock: () => Date
  readonly requestId: string
}

interface ContextOptions {
  readonly principal: Principal
  readonly prisma: PrismaClient
  readonly policy: Policy
  readonly clock: () => Date
  readonly requestId: string
}

/** The context of one request, with loaders of its own. */
export function createContext(options: ContextOptions): Context {
  const { principal, prisma, policy, clock } = options
  const rules = { clock, mostRows: policy.mostRows }
  return { ...options, rules, loaders: createLoaders({ prisma, visibility: visibilityOf(principal), rules }) }
}
