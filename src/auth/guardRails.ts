/** What nobody may do, whatever scopes they have: to lock themselves out, or everybody of an organization. */

/** Every rule, with what was expected instead. */
export const guardRails = {
  OWN_USER: "expected another user than the caller's own, which would lock the caller out",
  OWN_ACCESS: 'expected another access than the one that the caller came with, which would lock the caller out',
  LAST_ROLE_ASSIGNER:
    'expected the organization to keep an access that may assign roles: everywhere, without an end, of somebody who can sign in',
  OWN_ROLE_ASSIGNER: 'expected somebody else to take from the own access that it may assign roles',
} as const

export type GuardRail = keyof typeof guardRails
