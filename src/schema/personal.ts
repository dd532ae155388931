/** Marks a field with personal data, so that platform teams can leave it out of a variant of their graph (federation contracts). */
export const personal = { tag: 'personal-data' } as const
