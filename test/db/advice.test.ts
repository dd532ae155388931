import { expect, it } from 'vitest'
import { adviceOn } from '../../src/db/advice.ts'

it.each([
  [
    { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:5432' },
    'connect ECONNREFUSED 127.0.0.1:5432: check that it runs, and its address in DATABASE_URL',
  ],
  [
    { code: '28P01', message: 'password authentication failed for user "iam"' },
    'password authentication failed for user "iam": check the user and the password in DATABASE_URL, and its pg_hba.conf',
  ],
  [
    { code: '57P03', message: 'the database system is shutting down' },
    'the database system is shutting down: it starts, stops or recovers: nothing is to be done unless it stays so',
  ],
  // Node's error for a name with two addresses has a code, but no message.
  [{ code: 'ECONNREFUSED', message: '' }, 'ECONNREFUSED: check that it runs, and its address in DATABASE_URL'],
  [new Error('no answer within 1 s'), 'no answer within 1 s: check the server, its log, and the network in between'],
  [{}, 'check the server, its log, and the network in between'],
])('says in one line what is the matter with %o, and what to do', (error, advice) => {
  expect(adviceOn(error)).toBe(advice)
})

it('keeps credentials and further lines to itself', () => {
  const error = new Error('no way to postgres://ada:hunter2@db.example/iam\nat hunter2')
  expect(adviceOn(error)).toMatch(/^no way to postgres:\/\/db\.example\/iam: /)
  expect(adviceOn(error)).not.toContain('hunter2')
})
