/** Rows that a link leads to, as lists in the documents' shape have them: read when something of them is asked for. */
import type { Page } from '../page/offset.ts'
import type { ManyLink } from './link.ts'
import type { Loaders, Narrowed, Parent } from './loaders.ts'

/** What is asked of a link, for any of its parents. */
export interface Asked {
  readonly loaders: Loaders
  readonly link: ManyLink<never, object>
  readonly narrowed: Narrowed
  /** Null: all rows. */
  readonly page: Page | null
}

/** The rows of one parent. */
export class LinkedRows {
  readonly #asked: Asked
  readonly #parent: Parent

  constructor(asked: Asked, parent: Parent) {
    this.#asked = asked
    this.#parent = parent
  }

  /** Throws where all rows were asked for. */
  get page(): Page {
    const { page, link } = this.#asked
    if (page === null) throw new Error(`${link.name} has no pages`)
    return page
  }

  /** How many there are over all pages. */
  total(): Promise<number> {
    const { loaders, link, narrowed } = this.#asked
    return loaders.count(link, this.#parent, narrowed)
  }

  /** About how many, from the database's statistics. */
  totalEstimate(): Promise<number> {
    const { loaders, link, narrowed } = this.#asked
    return loaders.estimate(link, this.#parent, narrowed)
  }

  /** Those of the page. */
  results(): Promise<readonly object[]> {
    const { loaders, link, narrowed, page } = this.#asked
    return page === null ? loaders.list(link, this.#parent, narrowed) : loaders.page(link, this.#parent, page, narrowed)
  }

  /** Those of many parents, in their order: what is asked of them is the same. */
  resultsOfAll(all: readonly LinkedRows[]): Promise<readonly (readonly object[])[]> {
    const { loaders, link, narrowed, page } = this.#asked
    const parents = all.map((each) => each.#parent)
    return page === null ? loaders.lists(link, parents, narrowed) : loaders.pages(link, parents, page, narrowed)
  }
}
