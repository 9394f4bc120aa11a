import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@pnn/source'] },
  ssr: { resolve: { conditions: ['@pnn/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
});
