/** The time that it is in the tests, unless one of them says otherwise. */
export const testTime = new Date('2026-11-21T09:30:00.000Z')
