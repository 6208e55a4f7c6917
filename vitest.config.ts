import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/servers/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Commands colour what they print when CI or FORCE_COLOR is set; what a test reads must not depend on that.
    env: { NO_COLOR: '1' },
  },
});
