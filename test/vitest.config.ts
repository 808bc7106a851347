import { defineConfig } from 'vitest/config'

// Two cores everywhere this runs, and every worker talks to the same three servers: more workers only add noise.
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/servers/setup.ts'],
    reporters: ['default', new URL('servers/tier-reporter.ts', import.meta.url).pathname],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    env: { TZ: 'America/New_York', NO_COLOR: '1', ARXDB_TEST: '1' },
  },
})
