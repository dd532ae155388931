import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

export default defineConfig({
  resolve: base.resolve ?? {},
  test: {
    include: ['test/browser/*.browser.ts'],
    // GraphiQL is 5 MB of script, and the machine may be a busy one with two cores.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
