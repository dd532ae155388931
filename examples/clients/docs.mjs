/** Writes the files that docs/clients.md shows into it. A file is named in a comment before its block. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const page = new URL('../../docs/clients.md', import.meta.url)
/** A comment with a path from the folder of the page, and the block after it. */
const block = /<!-- (\S+) -->\n```(\w+)\n(?:[\s\S]*?\n)??```$/gm

/** The page with each file as it is now. @param {string} text @returns {Promise<string>} */
export async function withFiles(text) {
  const paths = [...text.matchAll(block)].map(([, path]) => path)
  const files = await Promise.all(paths.map((path) => readFile(new URL(path, page), 'utf8')))
  return text.replace(block, (_, path, language) => {
    const file = files[paths.indexOf(path)].trimEnd()
    return `<!-- ${path} -->\n\`\`\`${language}\n${file}\n\`\`\``
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(page, await withFiles(await readFile(page, 'utf8')))
}
