/** The guard rails of writes as one would write them down: naive, of whole states, and sharing nothing with what enforces them. */

export const assigning = 'iam.role.assign'
export const now = new Date('2026-11-21T09:30:00.000Z')
const today = '2026-11-21'

export interface UserState {
  readonly id: string
  /** Its last day. */
  readonly expiresAt: string | null
}

export interface AccessState {
  readonly id: number
  readonly userId: string
  readonly type: string
}

export interface Assignment {
  readonly accessId: number
  readonly roleId: string
  /** A zone; null: everywhere. */
  readonly zone: string | null
  /** As RFC 3339 has it. */
  readonly validUntil: string | null
}

/** What a sequence of writes is about: one organization, and roles of its own in the catalogue. */
export interface State {
  readonly users: readonly UserState[]
  readonly accesses: readonly AccessState[]
  readonly assignments: readonly Assignment[]
  /** What roles permit, sorted. */
  readonly roles: Readonly<Record<string, readonly string[]>>
}

/** A write, and the access that its caller signs in with, with its user. */
export type Write = { readonly caller: number; readonly callerUser: string } & (
  | ({ readonly kind: 'assignRole' } & Assignment)
  | { readonly kind: 'withdrawRole'; readonly accessId: number; readonly roleId: string; readonly zone: string | null }
  | { readonly kind: 'createRole'; readonly roleId: string; readonly permissions: readonly string[] }
  | {
      readonly kind: 'updateRole'
      readonly roleId: string
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }
  | { readonly kind: 'removeRole'; readonly roleId: string }
  | { readonly kind: 'updateUser'; readonly userId: string; readonly expiresAt: string | null }
  | { readonly kind: 'createAccess'; readonly userId: string }
  | { readonly kind: 'removeAccess'; readonly accessId: number }
  | { readonly kind: 'removeUser'; readonly userId: string }
)

/** What becomes of a write: the type of its answer, and the state after it. */
export interface Outcome {
  readonly answer: string
  readonly state: State
}

const isOver = ({ expiresAt }: UserState) => expiresAt !== null && expiresAt < today
const isInForce = ({ validUntil }: Assignment) => validUntil === null || new Date(validUntil) > now

function userOf(state: State, accessId: number): UserState | undefined {
  const access = state.accesses.find(({ id }) => id === accessId)
  return state.users.find(({ id }) => id === access?.userId)
}

/** Whether the caller is taken for anybody. */
export function isCaller(state: State, accessId: number): boolean {
  const user = userOf(state, accessId)
  return user !== undefined && !isOver(user)
}

/** The assignments by which somebody may assign roles. */
export function assigningBy(state: State): readonly Assignment[] {
  return state.assignments.filter((assignment) => {
    const access = state.accesses.find(({ id }) => id === assignment.accessId)
    const permits = state.roles[assignment.roleId]?.includes(assigning)
    const signsIn = access?.type !== 'PROFILE' && isCaller(state, assignment.accessId)
    return permits && signsIn && assignment.zone === null && isInForce(assignment)
  })
}

/** The accesses that may assign roles: all of them, and those that do so for good. */
function assigners(state: State): { readonly all: readonly number[]; readonly lasting: readonly number[] } {
  const by = assigningBy(state)
  const lasting = by.filter(
    ({ validUntil, accessId }) => validUntil === null && userOf(state, accessId)?.expiresAt === null,
  )
  return { all: by.map(({ accessId }) => accessId), lasting: lasting.map(({ accessId }) => accessId) }
}

/** Whether the change of the state takes away the last who may assign roles, or from the own access that it may. */
export function locksOut(before: State, after: State, own: number): boolean {
  const [had, has] = [assigners(before), assigners(after)]
  const loses = (one: readonly number[], other: readonly number[]) => one.length > 0 && other.length === 0
  const ofOwn = (ids: readonly number[]) => ids.filter((id) => id === own)
  return (
    loses(had.all, has.all) ||
    loses(had.lasting, has.lasting) ||
    loses(ofOwn(had.all), ofOwn(has.all)) ||
    loses(ofOwn(had.lasting), ofOwn(has.lasting))
  )
}

/** Whether the access holds the permission in the zone, or everywhere, until the instant (null: for good). */
function permitted(state: State, accessId: number, permission: string, zone: string | null, until: string | null) {
  return held(state, accessId, zone, until).some(({ roleId }) => state.roles[roleId]?.includes(permission))
}

function held(state: State, accessId: number, zone: string | null, until: string | null): readonly Assignment[] {
  return state.assignments.filter(
    (assignment) =>
      assignment.accessId === accessId &&
      isInForce(assignment) &&
      (assignment.zone === null || assignment.zone === zone) &&
      (assignment.validUntil === null || (until !== null && new Date(assignment.validUntil) >= new Date(until))),
  )
}

/** Whether the access may give the role: it holds it for as long, or all that it permits, which must be something. */
function gives(state: State, caller: number, { roleId, zone, validUntil }: Assignment): boolean {
  if (!isCaller(state, caller)) return false
  if (held(state, caller, zone, validUntil).some((each) => each.roleId === roleId)) return true
  const permissions = state.roles[roleId] ?? []
  return (
    permissions.length > 0 && permissions.every((permission) => permitted(state, caller, permission, zone, validUntil))
  )
}

function mayPermit(state: State, caller: number, permissions: readonly string[]): boolean {
  return permissions.every((permission) => isCaller(state, caller) && permitted(state, caller, permission, null, null))
}

const isSamePlace = (one: Omit<Assignment, 'validUntil'>, other: Omit<Assignment, 'validUntil'>) =>
  one.accessId === other.accessId && one.roleId === other.roleId && one.zone === other.zone

/** What becomes of the write in the state. `made` is the id that a new access got. */
export function write(state: State, wanted: Write, made: number): Outcome {
  const ends = (answer: string): Outcome => ({ answer, state })
  const payload = `${wanted.kind.charAt(0).toUpperCase()}${wanted.kind.slice(1)}Payload`
  const becomes = (after: State): Outcome => ({ answer: payload, state: after })
  const guarded = (after: State): Outcome =>
    locksOut(state, after, wanted.caller) ? ends('GuardRailError') : becomes(after)
  const role = 'roleId' in wanted ? state.roles[wanted.roleId] : undefined
  switch (wanted.kind) {
    case 'assignRole': {
      const { accessId, roleId, zone, validUntil } = wanted
      const assignment = { accessId, roleId, zone, validUntil }
      const others = state.assignments.filter((each) => !isSamePlace(each, assignment))
      const there = state.assignments.find((each) => isSamePlace(each, assignment))
      if (!state.accesses.some(({ id }) => id === accessId) || role === undefined) return ends('NotFoundError')
      if (there?.validUntil === validUntil) return ends(payload)
      const after = guarded({ ...state, assignments: [...others, assignment] })
      if (after.answer !== payload) return after
      return gives(state, wanted.caller, assignment) ? after : ends('ScopeNotGrantedError')
    }
    case 'withdrawRole': {
      const assignments = state.assignments.filter((each) => !isSamePlace(each, wanted))
      return assignments.length === state.assignments.length
        ? ends('NotFoundError')
        : guarded({ ...state, assignments })
    }
    case 'createRole': {
      if (role !== undefined) return ends('ConflictError')
      if (!mayPermit(state, wanted.caller, wanted.permissions)) return ends('ScopeNotGrantedError')
      return becomes({ ...state, roles: { ...state.roles, [wanted.roleId]: [...wanted.permissions].sort() } })
    }
    case 'updateRole': {
      if (role === undefined) return ends('NotFoundError')
      const { added, removed, roleId, caller } = wanted
      const permissions = [...new Set([...role, ...added])].filter((each) => !removed.includes(each)).sort()
      const after = guarded({ ...state, roles: { ...state.roles, [roleId]: permissions } })
      if (after.answer !== payload) return after
      const isMore = added.filter((permission) => !role.includes(permission))
      return mayPermit(state, caller, isMore) ? after : ends('ScopeNotGrantedError')
    }
    case 'removeRole': {
      if (role === undefined) return ends('NotFoundError')
      if (state.assignments.some(({ roleId }) => roleId === wanted.roleId)) return ends('ConflictError')
      const { [wanted.roleId]: _, ...roles } = state.roles
      return becomes({ ...state, roles })
    }
    case 'updateUser': {
      const { userId, expiresAt } = wanted
      const user = state.users.find(({ id }) => id === userId)
      if (user === undefined) return ends('NotFoundError')
      if (user.expiresAt === expiresAt) return ends(payload)
      const changed = { ...user, expiresAt }
      if (isOver(changed) && wanted.callerUser === userId) return ends('GuardRailError')
      return guarded({ ...state, users: state.users.map((each) => (each === user ? changed : each)) })
    }
    case 'createAccess': {
      if (!state.users.some(({ id }) => id === wanted.userId)) return ends('NotFoundError')
      const access = { id: made, userId: wanted.userId, type: 'API_CONNECTION' }
      return becomes({ ...state, accesses: [...state.accesses, access] })
    }
    case 'removeAccess': {
      const { accessId, caller, callerUser } = wanted
      const access = state.accesses.find(({ id }) => id === accessId)
      if (access === undefined) return ends('NotFoundError')
      // Whose own one is gone may have come with any of theirs.
      const isThere = state.accesses.some(({ id }) => id === caller)
      if (isThere ? accessId === caller : access.userId === callerUser) return ends('GuardRailError')
      return guarded(without(state, (each) => each === access))
    }
    case 'removeUser': {
      const { userId, callerUser } = wanted
      if (!state.users.some(({ id }) => id === userId)) return ends('NotFoundError')
      if (userId === callerUser) return ends('GuardRailError')
      const left = without(state, (each) => each.userId === userId)
      return guarded({ ...left, users: state.users.filter(({ id }) => id !== userId) })
    }
  }
}

/** The state without these accesses and what they hold. */
function without(state: State, isGone: (access: AccessState) => boolean): State {
  const gone = state.accesses.filter(isGone).map(({ id }) => id)
  return {
    ...state,
    accesses: state.accesses.filter(({ id }) => !gone.includes(id)),
    assignments: state.assignments.filter(({ accessId }) => !gone.includes(accessId)),
  }
}
