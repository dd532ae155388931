/** The commands that bring organizations in and print them. */
import { randomUUID } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { StartupError } from '../errors.ts'
import { onDatabase, sayWait } from './onDatabase.ts'

interface ImportCommand {
  readonly check?: boolean
  readonly prune?: boolean
}

/** Brings the files in. Problems go to standard error as they are found. Throws StartupError where there is any: nothing has been changed then. */
export async function runImport(files: string[], { check = false, prune = false }: ImportCommand): Promise<void> {
  const [{ importFiles, openSources, tidyUp }, { createProgress }, { countsText }] = await Promise.all([
    import('../transfer/importFiles.ts'),
    import('../progress.ts'),
    import('../transfer/countsText.ts'),
  ])
  const sources = await openSources(files, process.stdin)
  const overBar = process.stderr.isTTY ? '\r\u001b[K' : ''
  const started = performance.now()
  const { lines, problems, counts, withoutAssigners } = await onDatabase(async (client, kindOfDatabase, config) => {
    const imported = await importFiles(client, {
      sources,
      check,
      prune,
      kindOfDatabase,
      now: new Date(),
      assignPermission: config.ROLE_ASSIGN_PERMISSION,
      requestId: randomUUID(),
      onProblem: (problem) => process.stderr.write(`${overBar}${problem}\n`),
      onPhase(phase) {
        process.stderr.write(`${phase}\n`)
        return createProgress(process.stderr)
      },
      onWait: sayWait,
    })
    await tidyUp(client, imported)
    return imported
  })
  for (const customer of withoutAssigners) {
    process.stderr.write(`Nobody may assign roles any more in the organization with the customer number ${customer}\n`)
  }
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
  const took = `${counted(lines, 'line')} in ${((performance.now() - started) / 1_000).toFixed(1)} s`
  if (problems > 0) throw new StartupError(`${counted(problems, 'problem')} in ${took}: nothing has been changed`, 2)
  process.stdout.write(counts === null ? `Nothing is wrong with ${took}.\n` : `${countsText(counts)}${took}.\n`)
}

/** Prints the lines. Throws StartupError where no organization has the number. */
export async function runExport({ customer }: { readonly customer?: number }): Promise<void> {
  const { exportLines, findOrganization } = await import('../transfer/exportLines.ts')
  await onDatabase(async (client) => {
    const organizationId = customer === undefined ? null : await findOrganization(client, customer)
    try {
      await pipeline(exportLines(client, organizationId, sayLeftOut), process.stdout, { end: false })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw code === 'EPIPE' ? new StartupError('Whoever reads standard output has gone', 1, error) : error
    }
  })
}

function sayLeftOut(tokens: number): void {
  if (tokens === 0) return
  const left = tokens === 1 ? '1 token has no line' : `${tokens} tokens have no lines`
  process.stderr.write(`${left}: accesses that were removed leave them behind\n`)
}
