import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole clusters run in these tests; two at a time is what two cores can carry.
    maxWorkers: 2,
    testTimeout: 30_000,
  },
})
