/** The parameters in a PostgreSQL server's address: each is heeded or refused, none is passed over. */

/** What `pg` does as it is told. */
const heeded: ReadonlySet<string> = new Set([
  ...['host', 'port', 'user', 'password', 'application_name', 'fallback_application_name', 'options'],
  ...['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat'],
])

/** What other clients know, Prisma's own engine and libpq among them, and what stands for it here. */
const instead: Readonly<Record<string, string>> = {
  connection_limit: 'set DATABASE_POOL_SIZE',
  pool_timeout: 'set DATABASE_TIMEOUT',
  connect_timeout: 'set DATABASE_TIMEOUT',
  socket_timeout: 'set DATABASE_TIMEOUT',
  query_timeout: 'set DATABASE_TIMEOUT',
  statement_timeout: 'set DATABASE_TIMEOUT',
  lock_timeout: 'set DATABASE_TIMEOUT',
  idle_in_transaction_session_timeout: 'set DATABASE_TIMEOUT',
  pgbouncer: 'a pooler must pool sessions, not transactions, and then needs no parameter',
  statement_cache_size: 'a pooler must pool sessions, not transactions, and then needs no parameter',
  sslaccept: 'set sslmode',
  sslidentity: 'set sslcert and sslkey',
}

/** Settings that every session of the gateway has, whatever an address asks for. */
const fixed = /search[-_]path|timezone|datestyle|(statement|idle[-_]in[-_]transaction[-_]session)[-_]timeout/i

/** What is wrong with the first parameter that would have no effect, without its value; undefined where all have theirs. */
export function ignoredParameter(url: string): string | undefined {
  const query = url.split('#')[0]?.split('?').slice(1).join('?')
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'schema') {
      if (value === 'public') continue
      return 'expected no schema but public, where the gateway has its tables: give it a database of its own'
    }
    if (name === 'options' && fixed.test(value)) {
      return `expected options without ${fixed.exec(value)?.[0]}, which the gateway sets for itself`
    }
    if (heeded.has(name)) continue
    const advice = Object.hasOwn(instead, name) ? instead[name] : 'it would have no effect: leave it out'
    return `expected no parameter ${JSON.stringify(name.slice(0, 40))}: ${advice}`
  }
  return undefined
}
