/** What a process leaves in a file, so that others can tell whether it is still there. */

/** The process id, and when the process started: a container gives its first process the same id each time. */
export function ownMark(): string {
  return `${process.pid} ${performance.timeOrigin}\n`
}

/** The id in the mark, where a process with it is running; it may be another one than the one that left the mark. */
export function runningProcess(mark: string): number | undefined {
  const pid = Number.parseInt(mark, 10)
  if (!(pid > 0)) return undefined
  if (pid === process.pid) return mark === ownMark() ? pid : undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined
  }
}
