/** The demo people with the ids they have in every database. */
import { fixedUuid } from './fixedIds.ts'
import { type DemoOrganization, demoOrganization } from './organizations.ts'
import { demoPeople } from './people.ts'
import { type DemoAccess, type DemoPerson, mailForm } from './person.ts'

export interface DemoIdentity extends Omit<DemoPerson, 'accesses'> {
  readonly userId: string
  readonly organization: DemoOrganization
  readonly email: string
  /** What an identity provider would know the person by, such as `alovelace`. */
  readonly account: string
  readonly accesses: readonly (DemoAccess & { readonly accessId: number })[]
}

/** Users by the order of the list, accesses numbered from 1. */
export const demoIdentities: readonly DemoIdentity[] = identify()

/** The person of a mail address. Throws where there is none. */
export function demoIdentity(email: string): DemoIdentity {
  const found = demoIdentities.find((each) => each.email === email)
  if (found === undefined) throw new Error(`expected the mail address of a demo user, received "${email}"`)
  return found
}

/** Whoever founded the organization: the first of its people. */
export function demoFounder(organization: DemoOrganization): DemoIdentity {
  const found = demoIdentities.find((each) => each.customerId === organization.customerId)
  if (found === undefined) throw new Error(`expected people in "${organization.name}"`)
  return found
}

/** The access that the name of an API connection, or a mail address, stands for. Throws where there is none. */
export function demoAccess(key: string): { readonly accessId: number; readonly person: DemoIdentity } {
  for (const person of demoIdentities) {
    const index =
      person.email === key
        ? 0
        : person.accesses.findIndex(({ type, name }) => type === 'API_CONNECTION' && name === key)
    const found = person.accesses[index]
    if (found !== undefined) return { accessId: found.accessId, person }
  }
  throw new Error(`expected a demo access, received "${key}"`)
}

function identify(): readonly DemoIdentity[] {
  let lastAccessId = 0
  return Object.freeze(
    demoPeople.map((person) => {
      const organization = demoOrganization(person.customerId)
      const [first, last] = [mailForm(person.firstname), mailForm(person.lastname)]
      const email = `${first}.${last}@${person.provider ?? organization.domain}`
      const accesses = person.accesses.map((access) => {
        lastAccessId += 1
        return Object.freeze({ ...access, accessId: lastAccessId })
      })
      const account = `${first.slice(0, 1)}${last}`
      return Object.freeze({ ...person, userId: fixedUuid(`user ${email}`), organization, email, account, accesses })
    }),
  )
}
