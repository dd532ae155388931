/** The command that prints, or checks, the scopes of operations in files. */
import { StartupError } from '../errors.ts'

/** Prints them without `check`. Throws StartupError where `check` names a list that an operation has outgrown. */
export async function printScopes(files: string[], { check }: { readonly check?: string }): Promise<void> {
  const { formatList, outgrown, scopesOfFiles } = await import('../documentScopes.ts')
  const operations = await scopesOfFiles(files)
  if (check === undefined) {
    process.stdout.write(formatList(operations))
    return
  }
  const problems = await outgrown(operations, check)
  if (problems.length > 0) throw new StartupError(problems.join('\n'))
}
