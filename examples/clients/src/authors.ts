import { graphql } from './__generated__/gql'

/** Who did something. Select authors through this fragment only, in mutations, too. */
export const By = graphql(`
  fragment By on Author { id firstname lastname access { id type } }
`)
