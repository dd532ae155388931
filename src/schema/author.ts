import type { AuthorSnapshot } from '../auth/author.ts'
import { builder } from './builder.ts'
import { personal } from './personal.ts'

export const Author = builder.objectRef<AuthorSnapshot>('Author').implement({
  description: 'Who did something: a snapshot that survives the deletion of what it points at.',
  fields: (t) => ({
    id: t.id({ description: 'The id of the user who acted.', resolve: ({ userId }) => userId }),
    firstname: t.exposeString('firstname', { ...personal, description: 'Given name at that time.' }),
    lastname: t.exposeString('lastname', { ...personal, description: 'Family name at that time.' }),
  }),
})
