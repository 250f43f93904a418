import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // Tests that start servers and kill processes wait for both, on a busy machine too.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
    // Most tests wait for servers and processes of their own: on two cores, two files at a time.
    maxWorkers: 2,
  },
});
