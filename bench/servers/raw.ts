/** Hand-tuned SQL over node:http: no GraphQL, no authorization, no limits. `/W1/one statement` answers W1 in that form. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { workloads } from '../workloads/index.ts'
import type { Form, Rows, Sql } from '../workloads/workload.ts'

const { DATABASE_URL, POOL_SIZE } = process.env
const pool = new pg.Pool({
  ...(DATABASE_URL === undefined ? {} : { connectionString: DATABASE_URL }),
  max: Number(POOL_SIZE),
})

const rowsOn =
  (client: Pick<pg.ClientBase, 'query'>): Rows =>
  async (name, text, values) =>
    (await client.query<never>({ name, text, values: [...values], rowMode: 'array' })).rows

const sql: Sql = {
  rows: rowsOn(pool),
  async transaction(work) {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      const result = await work(rowsOn(client))
      await client.query('COMMIT')
      client.release()
      return result
    } catch (error) {
      client.release(true)
      throw error
    }
  },
}

const forms = new Map<string, Form>()
for (const { name, raw } of workloads) {
  for (const [form, run] of Object.entries(raw.forms)) forms.set(encodeURI(`/${name}/${form}`), run)
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  const answer = (status: number, text: string) => {
    const body = Buffer.from(text)
    response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body)
  }
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      const form = forms.get(request.url ?? '')
      const [first] = chunks
      if (form === undefined || first === undefined) return answer(404, '')
      form(sql, JSON.parse((chunks.length === 1 ? first : Buffer.concat(chunks)).toString('utf8'))).then(
        (text) => answer(200, `{"data":${text}}`),
        (error: unknown) => answer(500, String(error)),
      )
    })
})
server.listen(0, '127.0.0.1', () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
