import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/globalSetup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file has a database of its own; an embedded one takes half a gigabyte.
    maxWorkers: 2,
    // Two copies of graphql, one ESM and one CommonJS, would not know each other's errors and types.
    server: { deps: { inline: [/graphql/, /@pothos/, /@envelop/, /@whatwg-node/] } },
  },
})
