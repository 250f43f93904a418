import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // Tests that start servers and kill processes wait for both, on a busy machine too.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Most tests wait for servers and processes of their own: on two cores, two files at a time.
    maxWorkers: 2,
    // What a file's tests change of the process they change back, so that the next file need not load the whole program anew.
    isolate: false,
    // As the program's own launcher sets it (scripts/tieout): the processes that tests start compile nothing that has been compiled before.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
  },
});
