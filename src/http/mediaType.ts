/** Which media types a request speaks and accepts (GraphQL over HTTP, sections 4 and 5). */

/** What an answer may be as a whole. */
export type AnswerType = 'application/graphql-response+json' | 'application/json'
/** What it may come as in parts. */
export type StreamType = 'text/event-stream' | 'multipart/mixed'

/** Whether the value of a Content-Type header says JSON. */
export function isJson(contentType: string | null): boolean {
  const { type } = parameterised(contentType ?? '')
  return type === 'application/json' || type === 'application/graphql+json'
}

/** The type to answer in: the first of those accepted that the gateway has; undefined where there is none. */
export function answerType(accept: string | null): AnswerType | undefined {
  for (const type of listed(accept)) {
    if (type === 'application/graphql-response+json') return type
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'application/json'
  }
  return undefined
}

/** The type to stream in, for a request that accepts no answer as a whole; undefined where there is none. */
export function streamType(accept: string | null): StreamType | undefined {
  return listed(accept).find((type) => type === 'text/event-stream' || type === 'multipart/mixed')
}

/** Those that may be in UTF-8, as everything here is. */
function listed(accept: string | null): readonly string[] {
  const all = (accept || '*/*').split(',').map(parameterised)
  return all.filter(({ charset }) => charset === 'utf-8').map(({ type }) => type)
}

function parameterised(text: string) {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  return { type, charset: charset?.slice('charset='.length) ?? 'utf-8' }
}
