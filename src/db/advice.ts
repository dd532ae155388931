/** What a failure of the database asks of an operator. */

const byCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'check that it runs, and its address in DATABASE_URL',
  ENOENT: 'check that it runs',
  ENOTFOUND: 'check the name of the host in DATABASE_URL, and that it can be resolved here',
  EAI_AGAIN: 'check the name of the host in DATABASE_URL, and that it can be resolved here',
  EADDRNOTAVAIL: 'this machine has no port left: something opens more connections than it may',
  '3D000': 'check the name of the database in DATABASE_URL',
  '53100': 'make room on its disk',
  '53200': 'give it more memory, or a smaller work_mem',
  '53300': 'it has no connection left: raise its max_connections, or lower DATABASE_POOL_SIZE',
  '57P01': 'it starts, stops or recovers: nothing is to be done unless it stays so',
  '57P02': 'it starts, stops or recovers: nothing is to be done unless it stays so',
  '57P03': 'it starts, stops or recovers: nothing is to be done unless it stays so',
  '58030': 'check its disk: it can not read or write a file',
}

const byClass: Readonly<Record<string, string>> = {
  '28': 'check the user and the password in DATABASE_URL, and its pg_hba.conf',
}

const otherwise = 'check the server, its log, and the network in between'

/** What there is to say of a database that takes no changes. */
export const readOnlyAdvice = 'it is a standby, or was told to take no changes: DATABASE_URL must lead to the primary'

/** What is the matter and what to do, in one line without an address's password. */
export function adviceOn(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  const known = typeof code === 'string' ? (byCode[code] ?? byClass[code.slice(0, 2)]) : undefined
  // Node's error for two addresses at once has a code, but no message.
  const matter = String(message || code || '')
  return [firstLine(matter), known ?? otherwise].filter((part) => part !== '').join(': ')
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/\/\/[^\s/@]*@/g, '//')
}
