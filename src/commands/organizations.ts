/** The commands that add an organization and list them. */
import { randomUUID } from 'node:crypto'
import { onDatabase, sayWait } from './onDatabase.ts'

interface NewOrganization {
  readonly customer: number
  readonly name: string
  readonly id?: string
}

/** Adds it. Throws StartupError where its number or its id is taken. */
export async function addOrganization({ customer, name, id = randomUUID() }: NewOrganization): Promise<void> {
  const { addOrganization: add } = await import('../transfer/organizations.ts')
  await onDatabase((client, kindOfDatabase, { ROLE_ASSIGN_PERMISSION: assignPermission }) =>
    add(client, kindOfDatabase, { customer, name, id }, { assignPermission, onWait: sayWait }),
  )
  process.stdout.write(`Added ${name}: JWTs with customer_id ${customer} or org_id ${id} are taken from now on.\n`)
}

/** Prints a line for each: customer number, id, name. */
export async function listOrganizations(): Promise<void> {
  const { organizationsText } = await import('../transfer/organizations.ts')
  process.stdout.write(await onDatabase(organizationsText))
}
