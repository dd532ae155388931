import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDevelopmentIssuer } from '../src/auth/developmentIssuer.ts'
import { openDataFolder } from '../src/dataFolder.ts'
import { lockFolder } from '../src/db/folderLock.ts'
import { testTime } from './support/time.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iam-graph-test-'))
})
afterEach(() => rm(folder, { recursive: true }))

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

async function expectRefusal(mode: number, why: string): Promise<void> {
  const refused = openDataFolder(folder)
  await expect(refused).rejects.toMatchObject({ name: 'StartupError', exitCode: 1 })
  await expect(refused).rejects.toThrow(
    `The data folder ${folder} is open to other users (mode ${mode.toString(8)}) and ${why}: ` +
      'close it with "chmod 700", or set DATA_DIR to a folder of its own',
  )
  expect(await modeOf(folder)).toBe(mode)
}

describe('a data folder', () => {
  it('is made closed to other users', async () => {
    await openDataFolder(join(folder, 'deeply', 'nested'))
    expect(await modeOf(join(folder, 'deeply', 'nested'))).toBe(0o700)
  })

  it.each([0o755, 0o750, 0o701, 0o777])('that is open to others is closed to them (mode %o)', async (mode) => {
    await mkdir(join(folder, 'postgres'))
    await writeFile(join(folder, 'development-key.jwk'), '')
    await writeFile(join(folder, 'signing-keys.json'), '')
    await chmod(folder, mode)
    await openDataFolder(folder)
    expect(await modeOf(folder)).toBe(0o700)
  })

  it('is closed by whoever uses it: the development issuer, the embedded database', async () => {
    await chmod(folder, 0o755)
    await openDevelopmentIssuer({ folder, audience: 'iam-graph', clock: () => testTime })
    expect(await modeOf(folder)).toBe(0o700)
    await chmod(folder, 0o755)
    const free = await lockFolder(folder)
    expect(await modeOf(folder)).toBe(0o700)
    await free()
  })

  it('that is open to others is refused where it holds other things, and left as it is', async () => {
    await writeFile(join(folder, 'letter.txt'), '')
    await chmod(folder, 0o755)
    await expectRefusal(0o755, 'holds other things ("letter.txt")')
  })

  it.runIf(process.getuid?.() === 0)('that is open to others is refused where it is not ours', async () => {
    await chown(folder, 12_345, 12_345)
    await chmod(folder, 0o770)
    await expectRefusal(0o770, 'belongs to another user')
  })

  it('that is closed may hold anything', async () => {
    await writeFile(join(folder, 'letter.txt'), '')
    await openDataFolder(folder)
    expect(await modeOf(folder)).toBe(0o700)
  })
})
