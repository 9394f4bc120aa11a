import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that change or measure their process: instruction sets, threads, GPUs, browsers, child processes, mocked files. */
const alone = [
  'packages/tensor/test/{wasm,gpu,webgpu}/**/*.test.ts',
  'packages/he/test/evaluator/**/*.test.ts',
  'packages/nn/test/memory-growth.test.ts',
  'packages/*/test/node/**/*.test.ts',
  'packages/mpi/test/run/**/*.test.ts',
  'packages/lab/test/{command,experiment}/**/*.test.ts',
  'test/he/**/*.test.ts',
  'test/{gpu,gradients,mpi,packaging,wasm,webgpu}/**/*.test.ts',
  'test/*.test.ts',
];

/** Tests of what the width of SIMD has no part in: GPUs, packages as they are installed, the rules for imports. */
const narrow = ['**/{gpu,webgpu,packaging}/**', 'test/{lint-imports,benchmarks*}.test.ts'];

/**
 * `npm test` runs everything; what it is given goes on to vitest. `npm run test:gradients` runs `test/gradients` and the
 * tests of autograd. `npm run test:quick` is the mode `quick`: what lies in `packages`, without the command line, and
 * properties drawn for no longer than `test/quick.ts` says; the mode `properties`, of `npm run test:properties`, draws each for as
 * long as `test/longer-properties.ts` says. With PNN_SIMD=256 in the environment, which takes Node 24 or later,
 * all tests compute with 256 bits, but for those that know nothing of it, which are left out.
 */
export default defineConfig(({ mode }) => {
  const quick = mode === 'quick';
  const wide = process.env.PNN_SIMD === '256';
  const exclude = [
    ...configDefaults.exclude,
    ...(quick ? ['test/**', 'packages/*/test/command/**'] : []),
    ...(wide ? narrow : []),
  ];
  const setupFiles = [...(wide ? ['test/wide-simd.ts'] : []), ...(quick ? ['test/quick.ts'] : [])];
  const longer = { 'fast-check': fileURLToPath(new URL('test/longer-properties.ts', import.meta.url)) };
  const resolve = mode === 'properties' ? { alias: longer } : {};
  return {
    resolve: { conditions: ['@pnn/source'] },
    ssr: { resolve: { conditions: ['@pnn/source'] } },
    test: {
      testTimeout: 120_000,
      hookTimeout: 120_000,
      maxWorkers: '100%',
      coverage: { provider: 'v8', include: ['packages/*/src/**'] },
      projects: [
        {
          extends: true,
          resolve,
          // Files of one worker share the modules that they load.
          test: {
            name: 'shared',
            include: ['{packages/*/,}test/**/*.test.ts'],
            exclude: [...exclude, ...alone],
            setupFiles,
            isolate: false,
          },
        },
        { extends: true, resolve, test: { name: 'alone', include: alone, exclude, setupFiles } },
      ],
    },
  };
});
