/** HTTP/1.1 by hand: bytes are sent when the test says so, and answers are seen as they come. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawConnection {
  readonly socket: Socket
  /** Everything that has come. */
  readonly text: string
  /** Resolves when what was sent so far is out of this process. */
  readonly sent: Promise<void>
  /** Sends the head of a POST to the endpoint, and nothing of its body. */
  begin(jwt: string): void
  /** Sends a POST to the endpoint with this operation. */
  ask(query: string, jwt: string): void
  /** Resolves when as many answers as this have begun to come, or the other side has closed. */
  answers(count: number): Promise<readonly string[]>
  /** Resolves when the other side has closed, to everything that came. */
  closed(): Promise<string>
}

/** A connection to the server at the address. Resolves when it is open. */
export async function openConnection(url: string): Promise<RawConnection> {
  const connection = beginConnection(url)
  await once(connection.socket, 'connect')
  return connection
}

/** The same, without waiting: a process that stands still takes connections, but does not accept them. */
export function beginConnection(url: string): RawConnection {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  const isClosed = once(socket, 'close')
  const answers = () => text.split(/(?=HTTP\/1\.1 )/).filter((answer) => answer !== '')
  return {
    socket,
    get text() {
      return text
    },
    get sent() {
      return new Promise<void>((resolve) => socket.write('', () => resolve()))
    },
    begin: (jwt) => void socket.write(head(jwt, 1_000)),
    ask(query, jwt) {
      const body = JSON.stringify({ query })
      socket.write(head(jwt, body.length) + body)
    },
    async answers(count) {
      while (answers().length < count && !socket.destroyed) await Promise.race([once(socket, 'data'), isClosed])
      return answers()
    },
    async closed() {
      await isClosed
      return text
    },
  }
}

function head(jwt: string, length: number): string {
  const lines = [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${jwt}`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}
