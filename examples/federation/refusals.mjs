/** What the router must not get for anybody who may not see it. */
import { deepStrictEqual as equal, ok } from 'node:assert/strict'

/** @typedef {{ status: number, data: any, errors: any[], text: string }} Answer */
/** @typedef {{ ask: (document: string, jwt: string | null) => Promise<Answer>, jwts: Record<'reader' | 'other' | 'usersOnly' | 'accessesOnly', string> }} Setting */

const adaId = '088b9780-56b5-4379-ad8f-f4c12feb6a32'
const everything = '{ zones { name owner { email } managedBy { id type } organization { name } } }'

/** Rules by name. Each throws where it does not hold. @type {Readonly<Record<string, (setting: Setting) => Promise<void>>>} */
export const refusals = {
  async 'no credential: UNAUTHENTICATED, and no data'({ ask }) {
    for (const document of ['{ users { results { email zones { name } } } }', everything]) {
      const { data, errors } = await ask(document, null)
      equal(data, null)
      equal(codes(errors), ['UNAUTHENTICATED'])
    }
  },
  async 'a forged JWT: UNAUTHENTICATED, and no data'({ ask, jwts }) {
    const [head, , signature] = jwts.reader.split('.')
    const claims = Buffer.from(JSON.stringify({ sub: 'me', customer_id: 1, scope: 'users:read' })).toString('base64url')
    const { data, errors } = await ask('{ users { results { email } } }', `${head}.${claims}.${signature}`)
    equal(data, null)
    equal(codes(errors), ['UNAUTHENTICATED'])
  },
  async 'scopes for the root field but not for the entity: FORBIDDEN, and null'({ ask, jwts }) {
    const { data, errors } = await ask('{ zones { name owner { email } } }', jwts.accessesOnly)
    equal(codes(errors), ['FORBIDDEN'])
    const [first] = data.zones
    equal(first, { name: 'example.com', owner: null })
  },
  async 'the same for an entity that is an interface'({ ask, jwts }) {
    const { data, errors } = await ask('{ zones { name managedBy { id type } } }', jwts.usersOnly)
    // Hive Gateway gives the nulls without their reason.
    ok(codes(errors).every((code) => code === 'FORBIDDEN'))
    const [first] = data.zones
    equal(first, { name: 'example.com', managedBy: [null, null, null] })
  },
  async 'the type of an entity without its scopes is not told either'({ ask, jwts }) {
    const { text } = await ask('{ zones { managedBy { __typename } } }', jwts.usersOnly)
    ok(!/(UiConnection|ApiConnection|Profile)Access/.test(text), text)
  },
  async 'a root field without its scopes: FORBIDDEN, and no data'({ ask, jwts }) {
    const { data, errors } = await ask('{ accesses { results { id zones { name } } } }', jwts.usersOnly)
    equal(data, null)
    equal(codes(errors), ['FORBIDDEN'])
  },
  async 'references to another organization, or to nobody, are null in their places'({ ask, jwts }) {
    const { data } = await ask(everything, jwts.other)
    const [, lumiere, left] = data.zones
    equal(lumiere.managedBy, [{ id: '56', type: 'API_CONNECTION' }, null])
    equal(left.owner, null)
    equal(left.organization, { name: 'Agence Lumière' })
  },
  async 'another organization sees nothing of the first'({ ask, jwts }) {
    const own = `user(id: "${adaId}") { email zones { name } } zone(name: "example.com") { records owner { email } }`
    const { data, text } = await ask(
      `{ ${own} zones { name owner { email } } users { results { email } } }`,
      jwts.other,
    )
    equal([data.user, data.zone, data.zones.length], [null, null, 3])
    ok(!text.includes('lakeside'), text)
  },
  async 'callers who ask the same at the same time get each their own answer'({ ask, jwts }) {
    const document = '{ users { results { email zones { name } } } }'
    const answers = await Promise.all(
      [jwts.reader, jwts.other, jwts.reader, jwts.other].map((jwt) => ask(document, jwt)),
    )
    const owned = answers.map(({ text }) => [text.includes('lakeside.example'), text.includes('lumiere.example')])
    equal(owned, [
      [true, false],
      [false, true],
      [true, false],
      [false, true],
    ])
  },
}

function codes(errors) {
  return [...new Set(errors.map(({ extensions }) => extensions?.code))]
}
