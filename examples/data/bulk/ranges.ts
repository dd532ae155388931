/** How the population is laid out: which numbers belong to whom. User i is the i-th user, counted from 0. */

/** So many users at most: the ids of the population lie in ranges that are reserved for them. */
export const maximumUsers = 1_000_000

/** So many more at most belong to one large organization. */
export const maximumLargeUsers = 500_000

/** The large organization's users are numbered from here on. The first of them is its founder. */
export const firstLargeUser = maximumUsers

/** User i has the access ids from `firstAccessId` + 4 i on, access a the assignment ids from 4 a and the token ids from 2 a. */
export const firstAccessId = 1_000_000
export const accessIdsPerUser = 4
export const assignmentIdsPerAccess = 4
export const tokenIdsPerAccess = 2

const endOfAccessIds = firstAccessId + accessIdsPerUser * (maximumUsers + maximumLargeUsers)

/** The first ids beyond the ranges. */
export const firstFreeIds = Object.freeze({
  accesses: endOfAccessIds,
  role_assignments: assignmentIdsPerAccess * endOfAccessIds,
  tokens: tokenIdsPerAccess * endOfAccessIds,
})

/** The customer number of the first organization. */
export const firstCustomerId = 1_001

/** Ten organizations share a block of ten thousand users. The first user of the block to each of them is its founder. */
export const usersPerBlock = 10_000
export const organizationsPerBlock = 10

/** The number of the large organization: the first that no block has. */
export const largeOrganization = (maximumUsers / usersPerBlock) * organizationsPerBlock

/** Where the shares of a block's organizations end, in thousandths: the largest has 40 %, the smallest 0.5 %. */
export const shares: readonly number[] = Object.freeze([400, 600, 720, 810, 880, 930, 960, 980, 995])

/** The founders came this many days before the day of the seed, everybody else later. */
export const foundedDaysAgo = 2_100
