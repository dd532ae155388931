/** Installs the packages of the benchmark where they are not there, or not those of the lock file. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const folder = new URL('.', import.meta.url)
const lock = readFileSync(new URL('package-lock.json', folder), 'utf8')
const installed = new URL('node_modules/.installed-lock.json', folder)

if (read(installed) !== lock) {
  process.stderr.write('installing the packages of the benchmark\n')
  // npm tells its scripts where it runs; that would install into the folder above.
  const environment = Object.entries(process.env).filter(([name]) => !/^npm_(config_local_prefix|package)/.test(name))
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: folder,
    env: Object.fromEntries(environment),
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.exit(2)
  writeFileSync(installed, lock)
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
