/** How far a long command is: a bar on a terminal, plain lines anywhere else. */

const barWidth = 30
const stepsOfLines = 20
/** What is worth a line where nobody knows how much there is. */
const worthALine = 1_000_000

/** Told how much of how much is done; null where that is not known. */
export type Progress = (done: number, total: number | null) => void

/**
 * Gives a function to call with how much of how much is done, as often as wanted. A terminal shows one line that is
 * written anew each time; anything else gets a line for each 5 % at most, or where it has doubled, so that a log stays
 * readable.
 */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? createBar(stream) : createLines(stream)
}

function createBar(stream: NodeJS.WriteStream): Progress {
  return (done, total) => {
    if (total === null) {
      stream.write(`\r${done.toLocaleString('en')}`)
      return
    }
    const filled = Math.floor((done * barWidth) / total)
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
    stream.write(`\r${bar} ${describe(done, total)}${done >= total ? '\n' : ''}`)
  }
}

function createLines(stream: NodeJS.WriteStream): Progress {
  let lastStep = -1
  let next = worthALine
  return (done, total) => {
    if (total === null) {
      if (done < next) return
      next = done * 2
      stream.write(`${done.toLocaleString('en')}\n`)
      return
    }
    const step = Math.floor((done * stepsOfLines) / total)
    if (step <= lastStep) return
    lastStep = step
    stream.write(`${describe(done, total)}\n`)
  }
}

/** As wide each time, so that a shorter text leaves nothing of a longer one. */
function describe(done: number, total: number): string {
  const all = total.toLocaleString('en')
  const percent = Math.floor((done * 100) / total)
  return `${String(percent).padStart(3)} %  ${done.toLocaleString('en').padStart(all.length)} of ${all}`
}
