/**
 * Statements shared by requests: those who ask the same question before it has been sent ask it together. What makes
 * questions the same is the statement; whose rows are whose is decided by the tenant that stands beside each key, and never
 * by a verdict of one request about another.
 */
import { databaseFailure } from '../db/failure.ts'
import type { Read } from '../db/read.ts'
import { rowsOfOrganization } from '../db/rowSecurity.ts'
import { type Asker, type AskTogether, type Groups, type Key, keyOf, type Question } from '../links/questions.ts'

interface Asked {
  readonly asker: Asker
  readonly keys: readonly Key[]
  resolve(groups: Groups<never>): void
  reject(error: unknown): void
}

interface SharedRow {
  readonly batchKey: Key
  /** Only where the question is by organization. */
  readonly batchOrganization: string
}

/** Keys of one statement at most. */
const mostKeys = 500

/**
 * Gathers what is asked in one turn of the event loop; and further while those who asked wait for a connection. With
 * `together` false each asks alone; with `apart` each organization does.
 */
export function createAskTogether(read: Read, { together = true, apart = false } = {}): AskTogether {
  let gathered = new Map<Question, Asked[]>()
  /** What waits for a connection of its caller. */
  const waiting = new Map<Question, Map<string, Asked[]>>()

  const sendAll = () => {
    const questions = gathered
    gathered = new Map()
    for (const [question, asked] of questions) dispatch(question, asked)
  }

  /** Parts that may be asked by one statement. What waits for a connection is of one caller, and so of one organization. */
  const partsOf = (asked: readonly Asked[]) =>
    apart ? byOrganization(asked).flatMap((own) => [...parts(own)]) : parts(asked)

  const dispatch = (question: Question, asked: Asked[]) => {
    for (const part of partsOf(asked)) {
      const release = beginAny(part)
      if (release !== null) void send(question, part).finally(release)
      else for (const each of part) wait(question, each)
    }
  }

  /** Lets it wait with what its caller already waits for. */
  const wait = (question: Question, asked: Asked) => {
    const { share } = asked.asker
    const byCaller = waiting.get(question) ?? new Map<string, Asked[]>()
    waiting.set(question, byCaller)
    const queue = byCaller.get(share.caller)
    if (queue !== undefined) {
      queue.push(asked)
      return
    }
    const own = [asked]
    byCaller.set(share.caller, own)
    const leave = () => {
      byCaller.delete(share.caller)
      if (byCaller.size === 0) waiting.delete(question)
    }
    share
      .use(async () => {
        leave()
        const [first = [], ...further] = parts(own)
        for (const part of further) dispatch(question, part)
        await send(question, first)
      })
      .catch((error: unknown) => {
        // The one who began to wait has left; the others still wait.
        leave()
        asked.reject(error)
        for (const each of own) if (each !== asked) wait(question, each)
      })
  }

  const send = async (question: Question, asked: readonly Asked[]): Promise<void> => {
    try {
      const groups = await rowsOf(question, asked)
      for (const { asker, resolve } of asked) resolve(groups.get(tenantOf(question, asker)) ?? none)
    } catch (error) {
      const [only] = asked
      if (asked.length === 1 || databaseFailure(error) !== undefined) for (const { reject } of asked) reject(error)
      else if (only !== undefined) for (const each of asked) await send(question, [each])
    }
  }

  const rowsOf = async (question: Question, asked: readonly Asked[]) => {
    // All of them ask for the same organization where it matters for whom it is sent.
    const rows = await read<SharedRow>(
      question.shared(placesOf(question, asked)),
      rowsOfOrganization(asked[0]?.asker.organizationId ?? null),
    )
    const groups = new Map<string | null, Map<Key, SharedRow[]>>()
    for (const row of rows) {
      const organization = question.byOrganization ? row.batchOrganization : null
      const key = keyOf(row)
      const ofOrganization: Map<Key, SharedRow[]> = groups.get(organization) ?? new Map()
      groups.set(organization, ofOrganization)
      const group = ofOrganization.get(key)
      if (group === undefined) ofOrganization.set(key, [row])
      else group.push(row)
    }
    return groups as unknown as ReadonlyMap<string | null, Groups<never>>
  }

  return (question, keys, asker) =>
    new Promise((resolve, reject) => {
      const asked = { asker, keys, resolve: resolve as Asked['resolve'], reject }
      if (!together || asker.alone) {
        asker.share.use(() => send(question, [asked])).catch(reject)
        return
      }
      const others = gathered.get(question)
      if (others !== undefined) {
        others.push(asked)
        return
      }
      if (gathered.size === 0) setImmediate(sendAll)
      gathered.set(question, [asked])
    })
}

const none: Groups<never> = new Map()

function beginAny(asked: readonly Asked[]): (() => void) | null {
  for (const { asker } of asked) {
    const release = asker.share.begin()
    if (release !== null) return release
  }
  return null
}

function byOrganization(asked: readonly Asked[]): readonly (readonly Asked[])[] {
  const groups = new Map<string | null, Asked[]>()
  for (const each of asked) {
    const { organizationId } = each.asker
    const group = groups.get(organizationId)
    if (group === undefined) groups.set(organizationId, [each])
    else group.push(each)
  }
  return [...groups.values()]
}

/** Parts that are small enough for a statement. */
function* parts(asked: readonly Asked[]): Generator<Asked[]> {
  let part: Asked[] = []
  let keys = 0
  for (const each of asked) {
    if (part.length > 0 && keys + each.keys.length > mostKeys) {
      yield part
      part = []
      keys = 0
    }
    part.push(each)
    keys += each.keys.length
  }
  if (part.length > 0) yield part
}

/** Whose rows the asker is told; null for those of everybody. */
function tenantOf({ byOrganization }: Question, { organizationId }: Asker): string | null {
  return byOrganization ? organizationId : null
}

/** The values of the statement: each key of an organization once. */
function placesOf(
  question: Question,
  asked: readonly Asked[],
): { readonly keys: readonly Key[]; readonly organizations: readonly unknown[] } {
  const seen = new Map<string | null, Set<Key>>()
  const keys: Key[] = []
  const organizations: (string | null)[] = []
  for (const { asker, keys: own } of asked) {
    const organizationId = tenantOf(question, asker)
    const known = seen.get(organizationId) ?? new Set()
    seen.set(organizationId, known)
    for (const key of own) {
      if (known.has(key)) continue
      known.add(key)
      keys.push(key)
      organizations.push(organizationId)
    }
  }
  return { keys, organizations }
}
