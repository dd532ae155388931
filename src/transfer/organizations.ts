/** Organizations, added one at a time and listed: what a gateway in production begins with. */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type pg from 'pg'
import { StartupError } from '../errors.ts'
import { type ImportOptions, importFiles } from './importFiles.ts'
import { organizationKind } from './kinds.ts'

export interface NewOrganization {
  readonly customer: number
  readonly name: string
  readonly id: string
}

/** Adds the organization as an import of one line does. Throws StartupError where it can't be there beside the others. */
export async function addOrganization(
  client: pg.Client,
  kindOfDatabase: 'embedded' | 'server',
  { customer, name, id }: NewOrganization,
  options: Pick<ImportOptions, 'assignPermission' | 'onWait'>,
): Promise<void> {
  const { rows } = await client.query<{ customer_id: number; id: string }>(
    'SELECT customer_id, id FROM organizations WHERE customer_id = $1 OR id = $2',
    [customer, id],
  )
  const [found] = rows
  if (found !== undefined) {
    throw new StartupError(
      `The organization ${found.id} with the customer number ${found.customer_id} is there already`,
      2,
    )
  }
  const problems: string[] = []
  const line = JSON.stringify({ type: organizationKind.type, id, customer_id: customer, name })
  await importFiles(client, {
    sources: [{ name: 'organization', stream: Readable.from([Buffer.from(line)]), bytes: null }],
    check: false,
    prune: false,
    kindOfDatabase,
    now: new Date(),
    requestId: randomUUID(),
    onProblem: (problem) => problems.push(problem.replace(/^organization:1: /, '')),
    onPhase: () => () => {},
    ...options,
  })
  if (problems.length > 0) throw new StartupError(problems.join('\n'), 2)
}

/** Customer number, id and name of each, a line each, by customer number. */
export async function organizationsText(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ customer_id: number; id: string; name: string }>(
    'SELECT customer_id, id, name FROM organizations ORDER BY customer_id',
  )
  return rows.map(({ customer_id: customer, id, name }) => `${customer}\t${id}\t${JSON.stringify(name)}\n`).join('')
}
