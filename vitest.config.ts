import { createRequire } from 'node:module'
import { configDefaults, defineConfig } from 'vitest/config'

const all = ['test/**/*.test.ts']
/** Files that change what everybody in a process has imported. */
const alone = ['test/schema/furtherResourceType.test.ts']

const project = {
  resolve: {
    // graphql comes as CommonJS and as ESM. Node gives everybody the first, Vite would give the tests the second, and two
    // copies do not know each other's errors and types.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
}
const timeouts = { testTimeout: 30_000, hookTimeout: 60_000 }

export default defineConfig({
  ...project,
  test: {
    globalSetup: ['test/support/globalSetup.ts'],
    // Each file has a database of its own; an embedded one takes half a gigabyte.
    maxWorkers: 2,
    projects: [
      // Files that share a process spare their imports, which were a fifth of the suite.
      {
        ...project,
        test: {
          name: 'together',
          include: all,
          exclude: [...configDefaults.exclude, ...alone],
          isolate: false,
          ...timeouts,
        },
      },
      { ...project, test: { name: 'alone', include: alone, ...timeouts } },
    ],
  },
})
