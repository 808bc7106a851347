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
    // In CI a test that failed is asked once more: hundreds of them watch real servers that other tests use in the same
    // moment. The sum names every test that needed it, so that none hides there.
    retry: process.env.CI ? 1 : 0,
    env: { TZ: 'America/New_York', NO_COLOR: '1', ARXDB_TEST: '1' },
  },
})
