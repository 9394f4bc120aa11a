import { full, scope, tensor, zeros } from '@pnn/tensor';
import { kernel } from '../../../packages/tensor/src/devices/webgpu/pipelines.js';
import { finish, free, type Machine, millisecondsOf } from '../machine.js';

const CHAINS = 8;
const STEPS = 512;

/** Eight chains of multiply-adds an invocation, which nothing but arithmetic limits. */
const arithmetic = kernel('probe of arithmetic', () => ({
  reads: {},
  writes: { out: 'f32' },
  parameters: { a: 'f32', b: 'f32' },
  workgroupSize: 256,
  body: `
var s0 = vec4<f32>(f32(local), 1.0, 2.0, 3.0);
var s1 = s0 + 4.0;
for (var i = 0u; i < ${STEPS / 8}u; i++) {
${Array.from({ length: 8 }, () => 's0 = fma(s0, vec4<f32>(p.a), vec4<f32>(p.b));\ns1 = fma(s1, vec4<f32>(p.a), vec4<f32>(p.b));').join('\n')}
}
let all = s0 + s1;
out[index] = all.x + all.y + all.z + all.w;`,
}));

/** Bandwidth and arithmetic at their best, and what a dispatch and a read take. */
export async function peaks(machine: Machine): Promise<void> {
  const { device, executor, scale, report } = machine;
  const size = scale.elements;
  const groups = Math.ceil(size / 256 / 16);
  const sink = zeros([groups * 256], { device });
  const parameters = { a: 0.999, b: 0.001 };
  const ms = await millisecondsOf(machine, () =>
    executor.run(arithmetic, {}, { reads: [], writes: [sink], parameters, groups }),
  );
  report.add({ probe: 'fp32', tflops: (2 * CHAINS * STEPS * groups * 256) / ms / 1e9, ms });
  free(sink);

  const [a, b] = [full([size], 1, { device }), full([size], 2, { device })];
  const bandwidth = async (name: string, tensors: number, launch: () => void): Promise<void> => {
    const took = await millisecondsOf(machine, launch);
    report.add({ probe: name, gigabytes: (4 * tensors * size) / took / 1e6, ms: took });
  };
  await bandwidth('fill', 1, () => device.kernels.fill(a, 1));
  await bandwidth('copy', 2, () => device.kernels.copy(a, b));
  await bandwidth('neg', 2, () => void a.neg());
  await bandwidth('add', 3, () => void a.add(b));
  free(a, b);

  const tiny = full([256], 1, { device });
  for (const calls of [1000, 4000]) {
    const before = device.counts;
    const start = performance.now();
    scope(() => {
      for (let i = 0; i < calls; i++) tiny.add(tiny).dispose();
    });
    const asked = performance.now() - start;
    await finish(device);
    const took = performance.now() - start;
    const { submits } = device.counts;
    report.add({
      dispatches: calls,
      microsecondsAsked: (1000 * asked) / calls,
      microseconds: (1000 * took) / calls,
      submits: submits - before.submits,
    });
  }
  for (const elements of [1, 2 ** 18, 2 ** 22].filter((count) => count <= 64 * size)) {
    const values = new Float32Array(elements).fill(1);
    const x = tensor(values, { device });
    await x.data();
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      await x.data();
      times.push(performance.now() - start);
    }
    const writes: number[] = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      device.memory.write(x, values);
      await finish(device);
      writes.push(performance.now() - start);
    }
    report.add({ bytes: 4 * elements, readMs: Math.min(...times), writeMs: Math.min(...writes) });
    free(x);
  }
  free(tiny);
}
