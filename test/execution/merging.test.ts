import { describe, expect, it } from 'vitest'
import type { Read, Statement } from '../../src/db/read.ts'
import { createShares } from '../../src/db/shares.ts'
import { accesses, organizations, users } from '../../src/db/tables.ts'
import { GatewayError } from '../../src/errors.ts'
import { createAskTogether } from '../../src/execution/merging.ts'
import { accessesOfUser } from '../../src/links/graph.ts'
import { type Asker, questionOf, rowLink } from '../../src/links/questions.ts'

const limited = { kind: 'organization', organizationId: '' } as const
const question = questionOf(accessesOfUser, accesses.select(['id']), limited)
const never = new AbortController().signal
const soon = () => new Promise((resolve) => setImmediate(resolve))

interface Sent {
  readonly statement: Statement
  answer(rows: readonly object[]): void
  fail(error: unknown): void
}

/** A database that answers when it is told to. */
function createDatabase() {
  const sent: Sent[] = []
  const read = ((statement: Statement) =>
    new Promise((answer, fail) => sent.push({ statement, answer, fail }))) as unknown as Read
  return { sent, read }
}

function askers({ connections = 10, perCaller = 10 } = {}) {
  const shareOf = createShares({ connections, perCaller })
  return (organizationId: string | null, caller = organizationId ?? 'all', signal = never): Asker => ({
    organizationId,
    share: shareOf(caller, () => signal),
  })
}

const row = (batchOrganization: string, batchKey: string, id: number) => ({ batchOrganization, batchKey, id })

describe('questions that are asked together', () => {
  it('are one statement, with the organization beside each key, and each key of an organization once', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read)
    const asker = askers()
    const answers = [
      ask(question, ['u', 'v'], asker('a')),
      ask(question, ['v'], asker('a', 'other caller')),
      ask(question, ['u'], asker('b')),
    ]
    await soon()
    expect(sent).toHaveLength(1)
    expect(sent[0]?.statement.values).toEqual([
      ['u', 'v', 'u'],
      ['a', 'a', 'b'],
    ])
    sent[0]?.answer([row('a', 'u', 1), row('a', 'v', 2), row('a', 'v', 3), row('b', 'u', 4)])
    const [first, second, third] = await Promise.all(answers)
    expect(first?.get('u')).toMatchObject([{ id: 1 }])
    expect(second?.get('v')).toMatchObject([{ id: 2 }, { id: 3 }])
    expect([...(third?.entries() ?? [])]).toMatchObject([['u', [{ id: 4 }]]])
  })

  it('never join one that has been sent', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read)
    const asker = askers()
    void ask(question, ['u'], asker('a'))
    await soon()
    void ask(question, ['u'], asker('a'))
    await soon()
    expect(sent).toHaveLength(2)
  })

  it('are different ones for other columns, links and visibilities', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read)
    const asker = askers()
    void ask(question, ['u'], asker('a'))
    void ask(questionOf(accessesOfUser, accesses.select(['id', 'name']), limited), ['u'], asker('a'))
    void ask(questionOf(rowLink(users), users.select(['id']), limited), ['u'], asker('a'))
    void ask(questionOf(accessesOfUser, accesses.select(['id']), { kind: 'allOrganizations' }), ['u'], asker(null))
    await soon()
    expect(sent).toHaveLength(4)
  })

  it('tell everybody what belongs to no organization alone', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read)
    const everything = questionOf(rowLink(organizations), organizations.select(['id']), { kind: 'allOrganizations' })
    const answers = [ask(everything, ['o'], askers()(null)), ask(everything, ['o'], askers()(null))]
    await soon()
    expect(sent[0]?.statement.values).toEqual([['o']])
    sent[0]?.answer([{ batchKey: 'o', id: 'o' }])
    for (const answer of await Promise.all(answers)) expect(answer.get('o')).toMatchObject([{ id: 'o' }])
  })

  it('fail alone: where a shared statement fails by its values, each is asked by itself', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read)
    const asker = askers()
    const outcomes = Promise.allSettled([ask(question, ['bad'], asker('a')), ask(question, ['u'], asker('b'))])
    await soon()
    sent[0]?.fail(Object.assign(new Error('invalid'), { code: '22P02' }))
    await soon()
    expect(sent[1]?.statement.values).toEqual([['bad'], ['a']])
    sent[1]?.fail(new Error('invalid'))
    await soon()
    expect(sent[2]?.statement.values).toEqual([['u'], ['b']])
    sent[2]?.answer([row('b', 'u', 1)])
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })

  it('fail together where the database does, and are not sent again', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read)
    const asker = askers()
    const outcomes = Promise.allSettled([ask(question, ['u'], asker('a')), ask(question, ['u'], asker('b'))])
    await soon()
    sent[0]?.fail(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(sent).toHaveLength(1)
  })

  it('gather while their caller waits for a connection, and hold up nobody else', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read)
    const asker = askers({ perCaller: 1 })
    const first = ask(question, ['u'], asker('a'))
    await soon()
    const gathered = [ask(question, ['v'], asker('a')), ask(question, ['w'], asker('a'))]
    await soon()
    void ask(question, ['x'], asker('b'))
    await soon()
    expect(sent.map(({ statement }) => statement.values[0])).toEqual([['u'], ['x']])
    void ask(question, ['y'], asker('a'))
    await soon()
    sent[0]?.answer([])
    await first
    await soon()
    expect(sent[2]?.statement.values).toEqual([
      ['v', 'w', 'y'],
      ['a', 'a', 'a'],
    ])
    sent[2]?.answer([row('a', 'w', 1)])
    expect((await Promise.all(gathered)).map((groups) => groups.size)).toEqual([1, 1])
  })

  it('are not given up with one of them whose client has left', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read)
    const asker = askers({ perCaller: 1 })
    const first = ask(question, ['u'], asker('a'))
    await soon()
    const leaving = new AbortController()
    const left = ask(question, ['v'], asker('a', 'a', leaving.signal))
    await soon()
    const stays = ask(question, ['w'], asker('a'))
    await soon()
    leaving.abort(new GatewayError('TIMEOUT', 'the client has left'))
    await expect(left).rejects.toMatchObject({ code: 'TIMEOUT' })
    sent[0]?.answer([])
    await first
    await soon()
    expect(sent[1]?.statement.values[0]).toEqual(['w'])
    sent[1]?.answer([row('a', 'w', 1)])
    expect((await stays).get('w')).toMatchObject([{ id: 1 }])
  })

  it('are asked alone where that is switched off', async () => {
    const { sent, read } = createDatabase()
    const ask = createAskTogether(read, { together: false })
    const asker = askers()
    void ask(question, ['u'], asker('a'))
    void ask(question, ['u'], asker('b'))
    await soon()
    expect(sent).toHaveLength(2)
  })
})
