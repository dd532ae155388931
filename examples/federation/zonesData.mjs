/**
 * The zones, by what the demo of iam-graph has: organizations by customer number, users and accesses by id. The last zone
 * points at things that are not its organization's, or not there any more: that happens, and must do no harm.
 */

/**
 * @typedef {object} ZoneRow
 * @property {string} name
 * @property {number} customerId The organization that the zone belongs to.
 * @property {number} records
 * @property {string} ownerId A user of iam-graph.
 * @property {readonly string[]} managerIds Accesses of iam-graph.
 */

const [ada, zoe, felix] = [
  '088b9780-56b5-4379-ad8f-f4c12feb6a32',
  '9afc961c-2a24-49a2-816e-93747839efa8',
  '1d3edd74-abaa-4b8d-b862-6d355ecf725b',
]
const [camille, hugo] = ['65acbf2c-bc30-4f34-a0f6-c57e1aeeffad', '951890d4-970e-4847-a2c7-297fa65d7dac']
const [provisioning, onCall, acme] = ['2', '3', '24']
const deployment = '56'
const nobody = '00000000-0000-4000-8000-000000000000'

/** @type {readonly ZoneRow[]} */
export const zones = Object.freeze([
  { name: 'example.com', customerId: 1, records: 42, ownerId: ada, managerIds: [provisioning, onCall, acme] },
  { name: 'example.net', customerId: 1, records: 17, ownerId: zoe, managerIds: [provisioning] },
  { name: 'lakeside.example', customerId: 1, records: 8, ownerId: felix, managerIds: [] },
  { name: 'example.org', customerId: 2, records: 23, ownerId: camille, managerIds: [deployment] },
  { name: 'lumiere.example', customerId: 2, records: 11, ownerId: hugo, managerIds: [deployment, provisioning] },
  { name: 'xn--lumire-6ua.example', customerId: 2, records: 3, ownerId: nobody, managerIds: [] },
])
