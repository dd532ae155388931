import type { Question } from '../../src/auth/decide.ts'
import type { World } from '../auth/worlds.ts'

/** A world, and what is asked about it. */
export interface Case {
  readonly world: World
  readonly questions: readonly Question[]
}

/** Another permission engine that is told the same worlds. */
export interface Oracle {
  readonly name: string
  /** Its answers, for each case one to each question. */
  decide(cases: readonly Case[]): Promise<readonly (readonly boolean[])[]>
}

/** What a question is about, and where. */
export function askedOf(question: Question): { readonly kind: 'role' | 'permission'; readonly id: string } {
  return 'roleId' in question
    ? { kind: 'role', id: question.roleId }
    : { kind: 'permission', id: question.permissionId }
}
