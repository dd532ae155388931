/** When the demo's rows were made and changed, and by whom. */
import type { AuthorSnapshot } from '../../../src/auth/author.ts'
import { fixedNumber, fixedUuid } from './fixedIds.ts'
import { type DemoIdentity, demoFounder } from './identities.ts'
import type { DemoOrganization } from './organizations.ts'

/** The four columns that every row has about its making and its last change. */
export interface History {
  readonly created_at: string
  readonly created_by: AuthorSnapshot | null
  readonly updated_at: string
  readonly updated_by: AuthorSnapshot | null
}

/** An instant `days` from today, in office hours; labels spread them over the hours. */
export type Calendar = (days: number, label: string) => string

/** Milliseconds. */
export const dayLength = 24 * 60 * 60 * 1_000

/** The founders are this many days with the gateway; everybody else came later. */
const foundedDaysAgo = 1_800
/** Users and accesses are older than this, and so older than every token. */
const youngestDaysAgo = 430

/** Whoever left each organization before today: their user and their access are gone, what they did stays. */
const departed: Readonly<Record<number, AuthorSnapshot>> = Object.freeze({
  1: { accessId: 901, userId: fixedUuid('departed 1'), firstname: 'Margaret', lastname: 'Ellison' },
  2: { accessId: 902, userId: fixedUuid('departed 2'), firstname: 'Gérard', lastname: 'Vasseur' },
  3: { accessId: 903, userId: fixedUuid('departed 3'), firstname: 'Dieter', lastname: 'Kohl' },
})

/** The calendar of the UTC day that `now` is in. */
export function calendarOf(now: Date): Calendar {
  const today = startOfDay(now)
  return (days, label) => {
    const seconds = 7 * 60 * 60 + fixedNumber(`time of ${label}`, 10 * 60 * 60)
    return new Date(today + days * dayLength + seconds * 1_000).toISOString()
  }
}

/** Milliseconds since 1970 at which the UTC day of `now` began. */
export function startOfDay(now: Date): number {
  return Math.floor(now.getTime() / dayLength) * dayLength
}

/** The history of a user. */
export function userHistory(person: DemoIdentity, position: number, at: Calendar): History {
  return history(person, position, at, at(-userAge(person), person.email), person.email)
}

/** The history of an access. The first one came with its user, the others later. */
export function accessHistory(person: DemoIdentity, accessId: number, at: Calendar): History {
  const label = `access ${accessId}`
  const age = youngestDaysAgo + fixedNumber(`start of ${label}`, userAge(person) - youngestDaysAgo)
  const isFirst = person.accesses[0]?.accessId === accessId
  return history(person, accessId, at, isFirst ? at(-userAge(person), person.email) : at(-age, label), label)
}

/** The snapshot of somebody who signed in with their first access. */
export function authorOf({ accesses, userId, firstname, lastname }: DemoIdentity): AuthorSnapshot {
  const accessId = accesses[0]?.accessId
  return { ...(accessId === undefined ? {} : { accessId }), userId, firstname, lastname }
}

/** The snapshot of the organization's founder. */
export function founderOf(organization: DemoOrganization): AuthorSnapshot {
  return authorOf(demoFounder(organization))
}

/** The snapshot of somebody who is gone. */
export function departedFrom({ customerId }: DemoOrganization): AuthorSnapshot {
  const found = departed[customerId]
  if (found === undefined) throw new Error(`expected somebody who left customer ${customerId}`)
  return found
}

function history(person: DemoIdentity, position: number, at: Calendar, created_at: string, label: string): History {
  const isFounder = person === demoFounder(person.organization)
  const created_by = isFounder ? null : editor(person.organization, position)
  if (isFounder || fixedNumber(`change of ${label}`, 5) < 3) {
    return { created_at, created_by, updated_at: created_at, updated_by: created_by }
  }
  const updated_at = at(-1 - fixedNumber(`day of change of ${label}`, youngestDaysAgo - 1), label)
  return { created_at, created_by, updated_at, updated_by: editor(person.organization, position + 1) }
}

/** Mostly the founder; now and then somebody who is gone, or the founder by an access that is gone or was not noted. */
function editor(organization: DemoOrganization, position: number): AuthorSnapshot {
  const founder = founderOf(organization)
  if (position % 5 === 4) return departedFrom(organization)
  if (position % 7 === 3) return { ...founder, accessId: 910 + organization.customerId }
  if (position % 11 === 6) return { userId: founder.userId, firstname: founder.firstname, lastname: founder.lastname }
  return founder
}

function userAge(person: DemoIdentity): number {
  if (person === demoFounder(person.organization)) return foundedDaysAgo
  return youngestDaysAgo + 1 + fixedNumber(`start of ${person.email}`, foundedDaysAgo - youngestDaysAgo - 1)
}
