import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // Tests that start servers and kill processes wait for both, on a busy machine too.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
