/** Before anything is timed: every contestant gives the same answers, and the statements that each sends are counted. */
import { isDeepStrictEqual } from 'node:util'
import { type ContestantName, type Server, type StartOptions, startContestant, titles } from './contestants.ts'
import { takesPart } from './places.ts'
import { type IssuedRows, issuedRows, type Population } from './population.ts'
import { type Callers, createRandom, draw, organizationsFor, requestOf } from './requests.ts'
import { type Counted, createStatementCounter } from './statementCounter.ts'
import type { Parameters, Workload } from './workloads/workload.ts'

/** Statements and round trips of one request, on average. */
export interface StatementCount extends Counted {
  readonly workload: string
  readonly contestant: ContestantName
  /** Of the hand-tuned SQL; null of the others. */
  readonly form: string | null
  /** Rows of a page. */
  readonly size: number
}

export interface ComparedOptions {
  readonly population: Population
  readonly workloads: readonly Workload[]
  readonly contestants: readonly ContestantName[]
  readonly callers: Callers
  readonly start: StartOptions
}

const questions = 6

/** Throws where two contestants answer differently. */
export async function compareAnswers(options: ComparedOptions): Promise<readonly StatementCount[]> {
  const { population, workloads, contestants, start } = options
  const counts: StatementCount[] = []
  /** The first answer to each question, with whose it is. */
  const known = new Map<string, { readonly title: string; readonly answer: unknown }>()
  for (const name of contestants) {
    const counter = await createStatementCounter(start.databaseUrl)
    const server = await startContestant(name, { ...start, databaseUrl: counter.url })
    for (const workload of workloads.filter((each) => takesPart(name, each))) {
      for (const form of name === 'raw' ? Object.keys(workload.raw.forms) : [undefined]) {
        const title = form === undefined ? titles[name] : `${titles[name]} (${form})`
        // Twice: the first time, statements are prepared and what is remembered is read.
        for (const size of [workload.size, ...sizesOf(workload)]) {
          await ask(options, server, workload, size, form)
          counter.take()
          const rowsBefore = workload.writes ? await issuedRows(population.url) : null
          const answers = await ask(options, server, workload, size, form)
          const { statements, roundTrips } = counter.take()
          if (rowsBefore !== null) await checkIssued(title, population.url, rowsBefore)
          answers.forEach((answer, index) => {
            const question = `${workload.name}, ${size} rows, question ${index + 1}`
            const first = known.get(question)
            if (first === undefined) known.set(question, { title, answer })
            else if (!isDeepStrictEqual(first.answer, answer)) throw different(question, first, { title, answer })
          })
          counts.push({
            workload: workload.name,
            contestant: name,
            form: form ?? null,
            size,
            statements: statements / questions,
            roundTrips: roundTrips / questions,
          })
        }
      }
    }
    await server.stop()
    await counter.close()
  }
  return counts
}

/** Further sizes of its pages, in which the number of statements must not grow. */
function sizesOf({ size }: Workload): readonly number[] {
  return size === 1 ? [] : [10, 500].filter((other) => other !== size)
}

async function ask(
  { population, callers }: ComparedOptions,
  server: Server,
  workload: Workload,
  size: number,
  form: string | undefined,
): Promise<readonly unknown[]> {
  const random = createRandom(size)
  const answers: unknown[] = []
  for (let question = 0; question < questions; question++) {
    const parameters: Parameters = draw(organizationsFor(workload, population), size, population.permissions, random)
    const { path, body, jwt } = requestOf(workload, server, parameters, { form, callers, turn: question })
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method: 'POST',
      body,
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        ...(jwt === null ? {} : { Authorization: `Bearer ${jwt}` }),
      },
    })
    const text = await response.text()
    if (!response.ok || (server.name !== 'cerbos' && !text.startsWith('{"data":{') && !text.startsWith('{"data":['))) {
      throw new Error(`${workload.name}: ${titles[server.name]} answered ${response.status} ${text.slice(0, 400)}`)
    }
    answers.push(readAnswer(workload, server.name, JSON.parse(text)))
  }
  return answers
}

/** Throws where not each question has led to a token and an event. */
async function checkIssued(title: string, url: string, before: IssuedRows): Promise<void> {
  const after = await issuedRows(url)
  if (after.tokens - before.tokens === questions && after.events - before.events === questions) return
  throw new Error(
    `${title}: expected a token and an event of each question, received ${JSON.stringify({ before, after })}`,
  )
}

/** What the answer says, as it is compared. */
function readAnswer(workload: Workload, name: ContestantName, answer: { readonly data?: unknown }): unknown {
  if (name === 'cerbos') return workload.cerbos?.read(answer as never)
  const side = name === 'raw' || name === 'bare' ? workload.raw : workload.graphql[name]
  return side.read(answer.data as never)
}

function different(
  question: string,
  ...[one, other]: readonly { readonly title: string; readonly answer: unknown }[]
): Error {
  const show = (of: typeof one) => `${of?.title}: ${JSON.stringify(of?.answer).slice(0, 2_000)}`
  return new Error(`the answers to ${question} differ\n${show(one)}\n${show(other)}`)
}
