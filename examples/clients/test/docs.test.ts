import { describe, expect, it } from 'vitest'
import { withFiles } from '../docs.mjs'
import { page } from './support/page'

describe('docs/clients.md', () => {
  it('shows the files that are tested here, as they are (npm run docs)', async () => {
    expect(page).toBe(await withFiles(page))
  })

  it('shows nothing else but commands', () => {
    const blocks = [...page.matchAll(/(.*)\n```(\w+)\n/g)].map(([, before, language]) => ({ before, language }))
    const others = blocks.filter(({ before }) => !before?.startsWith('<!-- '))
    expect(blocks.length).toBeGreaterThan(8)
    expect(others.filter(({ language }) => language !== 'sh')).toEqual([])
  })
})
