/** What gateways of tests sign with: a key of their own. */
import { openSigner, type Signer } from '../../src/auth/signer.ts'
import { formatSigningKeys, makeSigningKey, type SigningAlgorithm } from '../../src/auth/signingKeys.ts'
import { testTime } from './time.ts'

/** A signer whose key signs from the tests' time on. Close it. */
export async function createTestSigner(
  clock: () => Date = () => testTime,
  alg: SigningAlgorithm = 'ES256',
): Promise<Signer> {
  const text = formatSigningKeys([await makeSigningKey(testTime.getTime() / 1_000, alg)])
  return openSigner({ kept: { kind: 'text', text }, clock, observe() {} })
}
