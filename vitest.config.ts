import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    // graphql comes as CommonJS and as ESM. Node gives everybody the first, Vite would give the tests the second, and two
    // copies do not know each other's errors and types.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/globalSetup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file has a database of its own; an embedded one takes half a gigabyte.
    maxWorkers: 2,
  },
})
