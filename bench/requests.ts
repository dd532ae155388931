/** Writes the requests of a workload for a contestant: drawn by a fixed seed, so that all get the same ones in the same order. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import type { Server } from './contestants.ts'
import type { Organization, Population } from './population.ts'
import type { Parameters, Workload } from './workloads/workload.ts'

const jwtIssuer = 'https://issuer.bench.example'

/** Makes the issuer of JWTs; its public key goes into a file in the folder. */
export function createIssuer(folder: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keyFile = join(folder, 'key.pem')
  writeFileSync(keyFile, publicKey.export({ type: 'spki', format: 'pem' }))
  return { issuer: jwtIssuer, keyFile, privateKey }
}

/** Who calls: some users of each organization, each with a JWT of an hour. */
export interface Callers {
  /** The JWT of one of the organization's callers, by turns. */
  jwtOf(organization: string, turn: number): string
  /** The JWT of the one who holds everything there, and so may issue what the organization has. */
  administratorOf(organization: string): string
  /** The JWT of a caller of all organizations. */
  readonly operator: string
}

const callersPerOrganization = 4
const scope = 'users:read accesses:read roles:read tokens:read tokens:manage permissions:check'

export async function createCallers({ organizations }: Population, key: KeyObject): Promise<Callers> {
  const sign = (sub: string, claims: Readonly<Record<string, unknown>>) =>
    new SignJWT({ scope, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .setSubject(sub)
      .setIssuer(jwtIssuer)
      .setAudience('iam-graph')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(key)
  const jwts = new Map<string, readonly string[]>()
  for (const { id, callers, administrator } of organizations) {
    const others = callers.filter((user) => user !== administrator.user).slice(0, callersPerOrganization - 1)
    jwts.set(
      id,
      await Promise.all([
        sign(administrator.user, { org_id: id, access_id: administrator.access }),
        ...others.map((user) => sign(user, { org_id: id })),
      ]),
    )
  }
  const callersOf = (organization: string) => jwts.get(organization) ?? []
  return {
    jwtOf: (organization, turn) => callersOf(organization)[turn % callersOf(organization).length] ?? '',
    administratorOf: (organization) => callersOf(organization)[0] ?? '',
    operator: await sign('operator', { scope: `${scope} organizations:all` }),
  }
}

/** Numbers from 0 to below 1 by a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The organizations that a workload asks about: where it reads pages, those with at least a thousand users. */
export function organizationsFor({ size }: Workload, { organizations }: Population): readonly Organization[] {
  return size === 1 ? organizations : organizations.filter(({ users }) => users.length >= Math.max(size, 1_000))
}

/** Draws one request; organizations are drawn by their size, so that each user is as likely. */
export function draw(
  among: readonly Organization[],
  size: number,
  permissions: readonly string[],
  random: () => number,
): Parameters {
  const total = among.reduce((sum, { users }) => sum + users.length, 0)
  let rest = Math.floor(random() * total)
  let organization = among[0]
  for (organization of among) {
    if (rest < organization.users.length) break
    rest -= organization.users.length
  }
  if (organization === undefined) throw new Error('expected an organization that is large enough, found none')
  const { id, users, accesses, rolesOf } = organization
  const position = Math.floor(random() * Math.max(users.length - size, 1))
  const access = accesses[Math.floor(random() * accesses.length)] as number
  return {
    organization: id,
    user: users[position] as string,
    access,
    roles: rolesOf.get(access) ?? [],
    permission: permissions[Math.floor(random() * permissions.length)] as string,
    // The page after a user at this position is full, and so is the page by the offset.
    after: users[Math.min(position, Math.max(users.length - size - 1, 0))] as string,
    offset: position,
    size,
  }
}

/** One request as the contestant takes it. */
export interface Request {
  readonly path: string
  readonly body: string
  /** Null for contestants without authorization. */
  readonly jwt: string | null
}

/** The request for these parameters. `form` names the form of the hand-tuned SQL. */
export function requestOf(
  workload: Workload,
  { name, cursorOf }: Pick<Server, 'name' | 'cursorOf'>,
  parameters: Parameters,
  { form, callers, turn }: { readonly form: string | undefined; readonly callers: Callers; readonly turn: number },
): Request {
  if (name === 'raw' || name === 'bare') {
    // The roles are what it has to find out.
    const { roles: _, ...told } = parameters
    return { path: encodeURI(`/${workload.name}/${form}`), body: JSON.stringify(told), jwt: null }
  }
  if (name === 'cerbos') {
    if (workload.cerbos === undefined) throw new Error(`expected a workload of Cerbos, received ${workload.name}`)
    return { path: workload.cerbos.path, body: JSON.stringify(workload.cerbos.body(parameters)), jwt: null }
  }
  const { query, variables } = workload.graphql[name]
  return {
    path: '/graphql',
    body: JSON.stringify({ query, variables: variables(parameters, cursorOf) }),
    jwt: name === 'gateway' ? jwtFor(workload, parameters, callers, turn) : null,
  }
}

function jwtFor({ writes }: Workload, { organization }: Parameters, callers: Callers, turn: number): string {
  return writes ? callers.administratorOf(organization) : callers.jwtOf(organization, turn)
}

/** The request as it goes over the wire. */
export function written({ path, body, jwt }: Request, port: number): string {
  return [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    'Accept: application/json',
    ...(jwt === null ? [] : [`Authorization: Bearer ${jwt}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}
