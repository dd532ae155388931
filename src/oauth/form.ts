/** The parameters of a request to an endpoint: a form (RFC 6749, appendix B). */
import { OAuthError } from './oauthError.ts'

export interface Form {
  /** The value of a parameter; undefined where it was left out. */
  get(name: string): string | undefined
  /** The values of a parameter that may be given several times. */
  all(name: string): readonly string[]
}

/**
 * Reads a form. A parameter without a value counts as left out, those that nobody knows are passed over, and none comes twice
 * but the repeatable ones (RFC 6749, section 3.2). Throws `invalid_request`.
 */
export function readForm(text: string, repeatable: ReadonlySet<string>): Form {
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    const given = values.get(name)
    if (given === undefined) values.set(name, [value])
    else if (repeatable.has(name)) given.push(value)
    else throw new OAuthError('invalid_request', 'expected each parameter once')
  }
  const all = (name: string) => (values.get(name) ?? []).filter((value) => value !== '')
  return { get: (name) => all(name)[0], all }
}

/** The value of a parameter. Throws `invalid_request` where it was left out. */
export function required(form: Form, name: string): string {
  const value = form.get(name)
  if (value === undefined) throw new OAuthError('invalid_request', `expected the parameter ${name}`)
  return value
}
