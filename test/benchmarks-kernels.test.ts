import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const peers = fileURLToPath(new URL('../benchmarks/peers', import.meta.url));

/** What the program decides on a processor with these flags, where a product takes so long by these cores. */
function decide(
  flags: readonly string[],
  seconds: Readonly<Record<string, number>>,
  { own, variable }: { readonly own: string; readonly variable?: string },
): readonly [Readonly<Record<string, string>>, readonly string[]] {
  const program = `
import json, os, sys
sys.path.insert(0, sys.argv[1])
import choose_kernels
flags, seconds, own, variable = json.loads(sys.argv[2])
os.environ.pop("OPENBLAS_CORETYPE", None)
if variable:
    os.environ["OPENBLAS_CORETYPE"] = variable
def run_variant(arguments, variables):
    wanted = variables.get("OPENBLAS_CORETYPE", own)
    core = wanted if wanted in seconds else own
    return {"core": core, "seconds": seconds[core]}
choose_kernels.run_variant = run_variant
choose_kernels.openblas_file = lambda: "libopenblas.so"
print(json.dumps(choose_kernels.choose_openblas(set(flags))))
`;
  const settings = JSON.stringify([flags, seconds, own, variable ?? null]);
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program, peers, settings], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

const avx2 = ['avx', 'avx2', 'fma'];
const avx512 = [...avx2, 'avx512f', 'avx512bw', 'avx512vl'];
const withBfloat16 = [...avx512, 'avx512_bf16'];

test('a BLAS that does not know the processor gets the fastest kernels that the processor can run', () => {
  expect(decide(avx512, { Prescott: 63, SkylakeX: 12 }, { own: 'Prescott' })).toEqual([
    { OPENBLAS_CORETYPE: 'SkylakeX' },
    ['OpenBLAS as SkylakeX, 5.2 times as fast as Prescott, its own choice'],
  ]);
  expect(decide(avx2, { Prescott: 60, Haswell: 21, Zen: 20 }, { own: 'Prescott' })).toEqual([
    { OPENBLAS_CORETYPE: 'Zen' },
    ['OpenBLAS as Zen, 3 times as fast as Prescott, its own choice'],
  ]);
});

test('a core that the BLAS does not know is not taken for another one', () => {
  const [environment] = decide(withBfloat16, { Prescott: 63, SkylakeX: 12 }, { own: 'Prescott' });
  expect(environment).toEqual({ OPENBLAS_CORETYPE: 'SkylakeX' });
});

test('what the library chooses stays where nothing else is clearly faster', () => {
  expect(decide(withBfloat16, { Cooperlake: 10, SkylakeX: 9.5 }, { own: 'Cooperlake' })).toEqual([
    {},
    ['OpenBLAS as Cooperlake, its own choice'],
  ]);
  expect(decide([], { Prescott: 63 }, { own: 'Prescott' })).toEqual([{}, ['OpenBLAS as Prescott, its own choice']]);
});

test('a variable of the environment does not slow a peer down', () => {
  const seconds = { Haswell: 20, SkylakeX: 10 };
  expect(decide(avx512, seconds, { own: 'Haswell', variable: 'Haswell' })).toEqual([
    { OPENBLAS_CORETYPE: 'SkylakeX' },
    ['OpenBLAS as SkylakeX, 2 times as fast as Haswell, which OPENBLAS_CORETYPE names'],
  ]);
});
