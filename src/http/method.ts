/** Which methods an endpoint takes. */
import { GatewayError } from '../errors.ts'
import type { HttpRequest } from './message.ts'

/** Throws METHOD_NOT_ALLOWED, which tells those that would do. */
export function checkMethod({ method }: Pick<HttpRequest, 'method'>, methods: readonly string[]): void {
  if (methods.includes(method)) return
  const allow = methods.join(', ')
  throw new GatewayError('METHOD_NOT_ALLOWED', `expected ${methods.join(' or ')}`, { allow })
}
