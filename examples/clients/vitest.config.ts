import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: ['test/support/globalSetup.ts'],
    // Clients warn of the settings that a test leaves out on purpose.
    silent: 'passed-only',
    unstubEnvs: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
