/** How far a long command is: a bar on a terminal, plain lines anywhere else. */

const barWidth = 30
const stepsOfLines = 20

/**
 * Gives a function to call with how much of how much is done, as often as wanted. A terminal shows one line that is
 * written anew each time; anything else gets a line for each 5 % at most, so that a log stays readable.
 */
export function createProgress(stream: NodeJS.WriteStream): (done: number, total: number) => void {
  return stream.isTTY ? createBar(stream) : createLines(stream)
}

function createBar(stream: NodeJS.WriteStream): (done: number, total: number) => void {
  return (done, total) => {
    const filled = Math.floor((done * barWidth) / total)
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
    stream.write(`\r${bar} ${describe(done, total)}${done >= total ? '\n' : ''}`)
  }
}

function createLines(stream: NodeJS.WriteStream): (done: number, total: number) => void {
  let lastStep = -1
  return (done, total) => {
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
