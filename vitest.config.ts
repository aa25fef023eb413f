import { defineConfig } from 'vitest/config';

/**
 * Projects: `fast` needs nothing but Node (seconds); `emulator` needs AWS_ENDPOINT_URL of a running emulator;
 * `e2e` needs the stack deployed there as well, and `fuzz` too, with Python; `dynamodb-local` needs Java. `npm test` (test/run.ts) provides them.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          // Most of the time would go into loading the same modules for each file anew.
          isolate: false,
          maxWorkers: '100%',
          globalSetup: ['test/infra/assemblies.ts'],
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/**/*.emulator.test.ts',
            'test/**/*.e2e.test.ts',
            'test/**/*.fuzz.test.ts',
            'test/**/*.dynamodb-local.test.ts',
          ],
          testTimeout: 60_000,
        },
      },
      { test: { name: 'emulator', include: ['test/**/*.emulator.test.ts'], testTimeout: 120_000 } },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          // They share a deployment, with one push policy and one account at each provider.
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
      { test: { name: 'fuzz', include: ['test/**/*.fuzz.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 } },
      {
        test: {
          name: 'dynamodb-local',
          include: ['test/**/*.dynamodb-local.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
