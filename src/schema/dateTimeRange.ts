import { builder } from './builder.ts'

export const DateTimeRange = builder.inputType('DateTimeRange', {
  description: 'A span of time. Either end may be left open.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'The first instant that belongs to it.' }),
    to: t.field({ type: 'DateTime', description: 'The first instant that no longer belongs to it.' }),
  }),
})
