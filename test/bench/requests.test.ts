import { describe, expect, it } from 'vitest'
import { createRandom, draw, organizationsFor, requestOf, written } from '../../bench/requests.ts'
import { workloads } from '../../bench/workloads/index.ts'
import type { Workload } from '../../bench/workloads/workload.ts'

const workload = (name: string) => workloads.find((each) => each.name === name) as Workload

function organization(id: string, users: number) {
  return {
    id,
    administrator: { user: `${id}0`, access: 1 },
    users: Array.from({ length: users }, (_, index) => `${id}${index}`),
    callers: [`${id}1`],
    accesses: [1, 2, 3],
    rolesOf: new Map([[2, ['reader']]]),
  }
}

const population = {
  users: 1_250,
  url: '',
  organizations: [organization('a', 1_200), organization('b', 50)],
  everyUser: [],
  permissions: ['dns.zone.read', 'dns.zone.write'],
}

const callers = {
  jwtOf: (organization: string, turn: number) => `jwt ${turn} of ${organization}`,
  administratorOf: (organization: string) => `administrator of ${organization}`,
  operator: 'operator',
}

describe('the requests of a workload', () => {
  it('are the same ones each time', () => {
    const drawn = () => {
      const random = createRandom(1)
      return Array.from({ length: 50 }, () => draw(population.organizations, 1, population.permissions, random))
    }
    expect(drawn()).toEqual(drawn())
    expect(new Set(drawn().map(({ user }) => user)).size).toBeGreaterThan(40)
  })

  it('are full pages, of organizations that have so many users', () => {
    const k2 = workload('K2')
    const among = organizationsFor(k2, population)
    expect(among.map(({ id }) => id)).toEqual(['a'])
    const random = createRandom(2)
    for (let time = 0; time < 1_000; time++) {
      const { after, offset, size } = draw(among, k2.size, population.permissions, random)
      const users = among[0]?.users ?? []
      expect(users.length - offset).toBeGreaterThanOrEqual(size)
      expect(users.length - users.indexOf(after) - 1).toBeGreaterThanOrEqual(size)
    }
  })

  it('bring a credential to the gateway only', () => {
    const parameters = draw(population.organizations, 1, population.permissions, createRandom(3))
    const jwts = (['raw', 'postgraphile', 'plain', 'gateway'] as const).map((name) => {
      const server = { name, cursorOf: (id: string) => id }
      return requestOf(workload('W1'), server, parameters, { form: 'flat rows', callers, turn: 2 }).jwt
    })
    expect(jwts).toEqual([null, null, null, `jwt 2 of ${parameters.organization}`])
  })

  it('tell the length of their body in bytes', () => {
    expect(written({ path: '/graphql', body: '{"ü":1}', jwt: null }, 80)).toMatch(/Content-Length: 8\r\n\r\n\{"ü":1\}$/)
  })
})
