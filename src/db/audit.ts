/** The audit trail: each change writes its event in its own transaction. */
import { Prisma } from './generated/prisma/client.ts'
import type { Transaction } from './transaction.ts'

export interface AuditEvent {
  readonly organizationId: string
  readonly at: Date
  /** The subject of the verified JWT. */
  readonly subject: string
  readonly actor: object | null
  readonly actorTokenId: number | null
  readonly action: 'token.issue' | 'token.deactivate' | 'token.reactivate'
  readonly targetType: 'Token'
  readonly targetId: string
  readonly before: object | null
  readonly after: object | null
  readonly requestId: string
}

/** Writes the event of a change that is about to be committed. Never give it a secret or the hash of one. */
export async function recordChange(transaction: Transaction, event: AuditEvent): Promise<void> {
  await transaction.auditEvent.create({
    data: {
      ...event,
      actor: event.actor ?? Prisma.DbNull,
      before: event.before ?? Prisma.DbNull,
      after: event.after ?? Prisma.DbNull,
      outcome: 'SUCCESS',
    },
    select: { id: true },
  })
}
