/** Which media types a request speaks and accepts (GraphQL over HTTP, sections 4 and 5). */

export type AnswerType = 'application/graphql-response+json' | 'application/json'

/** Whether the value of a Content-Type header says JSON. */
export function isJson(contentType: string | null): boolean {
  const { type } = parameterised(contentType ?? '')
  return type === 'application/json' || type === 'application/graphql+json'
}

/** The type to answer in: the first of those accepted that the gateway has; undefined where there is none. */
export function acceptedType(accept: string | null): AnswerType | undefined {
  for (const { type, charset } of listed(accept)) {
    if (charset !== 'utf-8') continue
    if (type === 'application/graphql-response+json') return type
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json'
  }
  return undefined
}

/** Whether an answer may come as a stream of events or of parts. */
export function acceptsStream(accept: string | null): boolean {
  return listed(accept).some(
    ({ type, charset }) => charset === 'utf-8' && (type === 'text/event-stream' || type === 'multipart/mixed'),
  )
}

function listed(accept: string | null) {
  return (accept || '*/*').split(',').map(parameterised)
}

function parameterised(text: string) {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  return { type, charset: charset?.slice('charset='.length) ?? 'utf-8' }
}
