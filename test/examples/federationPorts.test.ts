import { describe, expect, it } from 'vitest'
import { readPorts } from '../../examples/federation/ports.mjs'

describe('the ports of the federation example', () => {
  it('are the usual ones where the environment names none', () => {
    expect(readPorts({ IAM_PORT: '' })).toEqual({ iam: 4000, zones: 4001, router: 4002 })
  })

  it('are those that the environment names', () => {
    const ports = readPorts({ IAM_PORT: '5000', ZONES_PORT: '5001', ROUTER_PORT: '65535' })
    expect(ports).toEqual({ iam: 5000, zones: 5001, router: 65_535 })
  })

  it.each(['0', '65536', '-1', '4e3', '4000.5', 'x'])('are never %s', (text) => {
    expect(() => readPorts({ ROUTER_PORT: text })).toThrow(
      `ROUTER_PORT: expected a port, 1 to 65535, received "${text}"`,
    )
  })
})
