/** relay-compiler with other settings than those of relay.config.json. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { ConcreteRequest, ReaderFragment } from 'relay-runtime'

const top = fileURLToPath(new URL('../..', import.meta.url))
const compiler = createRequire(import.meta.url).resolve('relay-compiler/cli.js')

/** What the compiler makes of a document, by the document's name. */
export type Compiled = <Artifact extends ConcreteRequest | ReaderFragment>(document: string) => Promise<Artifact>

/** Compiles the documents of a folder. Rejects where the compiler fails, with what it said. */
export async function compile(documents: string, schemaConfig?: object): Promise<Compiled> {
  const folder = join(top, '.data', ['relay', basename(documents), ...Object.keys(schemaConfig ?? {})].join('-'))
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'artifacts'), { recursive: true })
  const config = JSON.parse(await readFile(join(top, 'relay.config.json'), 'utf8'))
  const changed = {
    ...config,
    src: join('../..', documents),
    schema: join('../..', config.schema),
    artifactDirectory: './artifacts',
    schemaConfig: schemaConfig ?? config.schemaConfig,
  }
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify(changed))
  await promisify(execFile)(process.execPath, [compiler, 'relay.config.json'], { cwd: folder })
  return async (document) => {
    const module = await import(pathToFileURL(join(folder, 'artifacts', `${document}.graphql.ts`)).href)
    return module.default
  }
}
