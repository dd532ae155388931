/** A file of lines for import: one organization, so many users, each with an access and a role, and a token for every tenth. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

const organizations = 20

const uuid = (kind: number, number: number) => `${kind}0000000-0000-4000-8000-${String(number).padStart(12, '0')}`
const firstnames = ['Ada', 'Benoît', 'Chloé', 'Dörte', 'Edmund', 'Frieda', 'Grace', 'Hélène', 'Ines', 'Jörg']
const lastnames = [
  'Ashworth',
  'Brandt',
  'Carlier',
  'Dupont',
  'Eastwood',
  'Fischer',
  'Girard',
  'Holland',
  'Iversen',
  'Jansen',
]

function* lines(users: number): Generator<object> {
  for (let number = 1; number <= organizations; number++) {
    yield { type: 'organization', id: uuid(1, number), customer_id: number, name: `Organization ${number}` }
  }
  yield { type: 'permission', id: 'zone.read', description: 'Look zones up.' }
  yield { type: 'role', id: 'reader', description: 'Reads.', permissions: ['zone.read'] }
  for (let number = 1; number <= users; number++) {
    const firstname = firstnames[number % firstnames.length]
    const lastname = `${lastnames[Math.floor(number / 10) % lastnames.length]}-${number % 9_973}`
    yield {
      ...{ type: 'user', id: uuid(2, number), customer_id: 1 + (number % organizations), firstname, lastname },
      ...{
        email: `user.${number}@organization-${number % organizations}.example`,
        acct: null,
        idp_id: null,
        expires_at: null,
      },
      ...{ phone: `+44 1632 ${String(number).padStart(6, '0')}`, language: 'EN', created_at: 1_764_000_000 + number },
    }
    yield {
      ...{ type: 'access', id: number, user_id: uuid(2, number), access_type: 'API_CONNECTION' },
      ...{ name: `Connection ${number}`, language: 'EN', last_login_at: '2026-11-20T08:15:00Z' },
    }
    yield {
      type: 'roleAssignment',
      access_id: number,
      role_id: 'reader',
      resource: number % 2 === 0 ? null : 'zone:example.com',
    }
    if (number % 10 !== 0) continue
    const secret = createHash('sha256').update(String(number)).digest('hex')
    yield {
      ...{ type: 'token', id: number, access_id: number, name: `Token ${number}`, secret_sha256: secret },
      ...{ hint: secret.slice(-4), scope: ['users:read'], allowed_scopes: { general_scopes: ['openid'] } },
      ...{ expires_at: '2028-01-01T00:00:00Z' },
    }
  }
}

function* pieces(users: number): Generator<string> {
  let piece = ''
  for (const line of lines(users)) {
    piece += `${JSON.stringify(line)}\n`
    if (piece.length < 100_000) continue
    yield piece
    piece = ''
  }
  yield piece
}

/** Writes the file; its lines are the same each time. */
export function writePopulation(path: string, users: number): Promise<void> {
  return pipeline(pieces(users), createWriteStream(path))
}
