/** Pure functions of texts that come again and again, such as the headers of clients. */

/** Texts that are remembered of each function, and characters of one: callers make up as many as they like. */
const mostTexts = 200
const longest = 200

/** The same function, which gives what it gave before for texts that came lately. What it throws is not remembered. */
export function remembering<Value>(find: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, { readonly value: Value }>()
  return (text) => {
    const remembered = known.get(text)
    if (remembered !== undefined) return remembered.value
    const value = find(text)
    if (text.length > longest) return value
    if (known.size >= mostTexts) known.clear()
    known.set(text, { value })
    return value
  }
}
