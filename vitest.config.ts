import { defineConfig } from 'vitest/config'

const slow = ['test/e2e/**/*.test.ts', 'test/control-plane/**/*.test.ts']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: slow,
          globalSetup: 'test/redis.setup.ts',
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['test/**/*.property.test.ts'],
          globalSetup: 'test/redis.setup.ts',
          env: { ROLLCALL_FUZZ_RUNS: process.env.ROLLCALL_FUZZ_RUNS ?? '100000' },
          testTimeout: 0,
        },
      },
      {
        test: {
          name: 'e2e',
          include: slow,
          globalSetup: ['test/redis.setup.ts', 'test/control-plane.setup.ts'],
          // Each of these owns a control plane; two at once would only starve each other.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
