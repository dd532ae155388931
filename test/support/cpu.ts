/** Milliseconds of CPU that the process takes for the work, the best of three: the first time, code is still being compiled. */
export async function cpuOf(work: (attempt: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = process.cpuUsage()
    await work(attempt)
    const { user, system } = process.cpuUsage(before)
    taken.push((user + system) / 1_000)
  }
  return Math.min(...taken)
}
