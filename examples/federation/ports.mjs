/** Where everything listens. The checks take free ports instead. */

/** @typedef {Readonly<Record<'iam' | 'zones' | 'router', number>>} Ports */

/**
 * The ports that the environment names, and otherwise the usual ones. Throws where one is no port.
 *
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {Ports}
 */
export function readPorts(environment) {
  return Object.freeze({
    iam: port(environment, 'IAM_PORT', 4000),
    zones: port(environment, 'ZONES_PORT', 4001),
    router: port(environment, 'ROUTER_PORT', 4002),
  })
}

function port(environment, name, usual) {
  const text = environment[name]
  if (text === undefined || text === '') return usual
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > 65_535) throw new RangeError(`${name}: expected a port, 1 to 65535, received "${text}"`)
  return number
}
