/** What is asked across both subgraphs, what must come of it, and how many fetches it takes of each. */
import { deepStrictEqual as equal, ok } from 'node:assert/strict'

/**
 * @typedef {object} Query
 * @property {string} title
 * @property {string} document
 * @property {Readonly<Record<'iam' | 'zones', number>>} fetches
 * @property {Partial<Query['fetches']>} [apollo] Where Apollo Gateway takes another number of fetches.
 * @property {(data: any) => void} check
 */

/** @type {readonly Query[]} All of them as a reader of organization 1. */
export const queries = [
  {
    title: 'users with their zones',
    document: '{ users(limit: 50) { total results { email zones { name } } } }',
    fetches: { iam: 1, zones: 1 },
    check({ users }) {
      equal(users.results.length, users.total)
      const ada = users.results.find(({ email }) => email === 'ada.lovelace@lakeside.example')
      equal(ada.zones, [{ name: 'example.com' }])
      equal(users.results.flatMap(({ zones }) => zones).length, 3)
    },
  },
  {
    title: 'zones with what their owners may do',
    document: '{ zones { name owner { email accesses { results { roles { id permissions { id } } } } } } }',
    fetches: { iam: 1, zones: 1 },
    check({ zones }) {
      const { owner } = zones.find(({ name }) => name === 'example.net')
      equal(owner.email, 'zoe.hartmann@lakeside.example')
      const [editor] = owner.accesses.results[0].roles
      equal(editor.id, 'zone-editor')
      ok(editor.permissions.some(({ id }) => id === 'dns.record.update'))
    },
  },
  {
    title: 'accesses with their zones',
    document:
      '{ accesses(limit: 50) { total results { __typename id ... on ApiConnectionAccess { name } zones { name } } } }',
    fetches: { iam: 1, zones: 1 },
    check({ accesses }) {
      equal(accesses.results.length, accesses.total)
      const provisioning = accesses.results.find(({ id }) => id === '2')
      equal(provisioning, {
        __typename: 'ApiConnectionAccess',
        id: '2',
        name: 'Provisioning',
        zones: [{ name: 'example.com' }, { name: 'example.net' }],
      })
      equal(new Set(accesses.results.map(({ __typename }) => __typename)).size, 4)
    },
  },
  {
    title: 'zones with the accesses that manage them',
    document: '{ zones { name managedBy { __typename id type roles { id } } } }',
    fetches: { iam: 1, zones: 1 },
    check({ zones }) {
      const [first, second] = zones.find(({ name }) => name === 'example.com').managedBy
      equal([first.__typename, first.type], ['ApiConnectionAccess', 'API_CONNECTION'])
      equal([second.__typename, second.type], ['ProfileAccess', 'PROFILE'])
      equal(second.roles, [{ id: 'dnssec-operator' }, { id: 'zone-editor' }])
    },
  },
  {
    title: 'a resource as both see it',
    document: `{ user(id: "9afc961c-2a24-49a2-816e-93747839efa8") {
      accesses { results { roleAssignments { role { id } resource { type id } } } } zones { resource { type id } }
    } }`,
    fetches: { iam: 1, zones: 1 },
    check({ user }) {
      const [zone] = user.zones
      equal(zone.resource, { type: 'ZONE', id: 'example.net' })
      const assigned = user.accesses.results.flatMap(({ roleAssignments }) => roleAssignments)
      ok(assigned.some(({ resource }) => resource?.type === 'ZONE' && resource.id === zone.resource.id))
    },
  },
  {
    title: 'three levels: zone, owner, zones of the accesses',
    document: '{ zone(name: "example.com") { owner { email accesses { results { id zones { name } } } } } }',
    fetches: { iam: 1, zones: 2 },
    check({ zone }) {
      const { results } = zone.owner.accesses
      equal(
        results.map(({ id, zones }) => [id, zones.length]),
        [
          ['1', 0],
          ['2', 2],
          ['3', 1],
        ],
      )
    },
  },
  {
    title: 'owner, accesses and organization at once',
    document: '{ zones { name owner { email } managedBy { type } organization { name } } }',
    fetches: { iam: 1, zones: 1 },
    // One for each type that is referred to; Hive Gateway puts those of a level into one request.
    apollo: { iam: 3 },
    check({ zones }) {
      equal(zones.length, 3)
      equal(zones[0].organization, { name: 'Lakeside Hosting' })
      equal(zones[0].managedBy.length, 3)
    },
  },
]
