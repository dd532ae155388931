/** Texts that are kept: those of objects that last, and of lists of them, by what is selected of them. */
import type { Octets } from '../octets.ts'

/** Characters that are kept at most, over all operations. */
const mostCharacters = 16_000_000

export interface KeptTexts {
  /** The text of the object, or of the list, under this selection; undefined where none is kept. */
  get(selection: object, value: object): Octets | undefined
  keep(selection: object, value: object, text: Octets): void
}

/** The same text in one piece: what it was put together of would be gone through again in each answer that it stands in. */
function flat(text: Octets): Octets {
  return Buffer.from(text, 'latin1').toString('latin1')
}

/** Keeps texts until there are too many of them; then it begins anew. With `kept` false it keeps none. */
export function createKeptTexts(kept = true): KeptTexts {
  let texts = new WeakMap<object, WeakMap<object, Octets>>()
  let characters = 0
  return {
    get: (selection, value) => texts.get(selection)?.get(value),
    keep(selection, value, text) {
      if (!kept) return
      characters += text.length
      if (characters > mostCharacters) {
        texts = new WeakMap()
        characters = text.length
      }
      const bySelection = texts.get(selection) ?? new WeakMap<object, Octets>()
      texts.set(selection, bySelection.set(value, flat(text)))
    },
  }
}
