/** docs/clients.md, whose snippets are files of this folder. */
import { readFileSync } from 'node:fs'

export const page = readFileSync(new URL('../../../../docs/clients.md', import.meta.url), 'utf8')

/** The value that the page gives the setting in its shell snippets. Throws where it has none. */
export function settingOnPage(name: string): string {
  const value = new RegExp(`^${name}=(\\S+)`, 'm').exec(page)?.[1]
  if (value === undefined) throw new Error(`expected docs/clients.md to set ${name}`)
  return value
}

/** What a client says, in the words that the page quotes. Throws where it does not. */
export function quotedOnPage(words: string): string {
  if (!page.includes(words)) throw new Error(`expected docs/clients.md to quote: ${words}`)
  return words
}
