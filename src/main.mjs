// @ts-check
/**
 * What the commands start. It looks whether the command line can be loaded, and says in one line what to do where it can't.
 * Plain JavaScript of an old kind, so that an old Node gets to that line.
 */
import { existsSync } from 'node:fs'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

/** Prisma needs ES modules that can be required: these have them. */
const isSupported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 23

/**
 * Why the command line can't be loaded; undefined where it can, and then TypeScript can be imported: by Node itself where it
 * leaves types out, else by tsx, which takes more time to start, and whose functions take more to be made.
 */
async function obstacle() {
  if (!isSupported) return `Expected Node 20.19, 22.12 or later, found ${process.versions.node}: install a newer one`
  try {
    const tsx = import.meta.resolve('tsx/esm/api')
    const leavesTypesOut = 'typescript' in process.features && process.features.typescript !== false
    if (!leavesTypesOut) (await import(tsx)).register()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    return 'The packages have not been installed: run npm install'
  }
  if (existsSync(new URL('./db/generated/prisma/client.ts', import.meta.url))) return undefined
  return 'The database client has not been generated: run npm install, or npm run generate'
}

obstacle().then((reason) => {
  if (reason === undefined) return import('./cli.ts')
  process.stderr.write(`${reason}\n`)
  process.exitCode = 1
  return undefined
})
