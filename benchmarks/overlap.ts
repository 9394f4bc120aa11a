/**
 * How much of the time of an exchange is hidden when sums begin while backward still computes:
 *
 *     npm run build && mpirun -n 2 --bind-to none node --import tsx benchmarks/overlap.ts
 *
 * Products of matrices stand for backward: after each eighth of them, an eighth of the gradients is complete. As root on Linux,
 * `benchmarks/overlap.ts 400` starts itself on two hosts, network namespaces with a cable of 400 Mbit/s between them.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findLauncher, mpi } from '@pnn/mpi';
import { type OngoingSum, ones, setDevice, setThreads, type Tensor, wasm, zeros } from '@pnn/nn';
import { TwoHosts } from '../packages/mpi/test/namespaces.js';

const MEGABYTES = 16;
const BUCKETS = 8;
const ROUNDS = 9;

if (findLauncher()) await measure();
else startOnTwoHosts(Number(process.argv[2]));

function startOnTwoHosts(rate: number): void {
  if (!(rate > 0)) throw new Error('overlap.ts: start it by mpirun, or give the rate of a cable in Mbit/s');
  using hosts = new TwoHosts(200);
  hosts.shape(rate);
  const { program, options } = hosts.launch(2);
  const words = ['-n', '2', process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
  const { status } = spawnSync(program, [...options, ...words], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

async function measure(): Promise<void> {
  setThreads(1);
  setDevice(await wasm());
  const communicator = await mpi();
  const elements = (MEGABYTES * 1e6) / 4 / BUCKETS;
  const gradients = Array.from({ length: BUCKETS }, () => zeros([elements]));
  const matrix = ones([256, 256]);
  const times = { compute: [] as number[], exchange: [] as number[], after: [] as number[], during: [] as number[] };

  /** An eighth of backward, with a look at the sums on their way after each product. */
  const compute = (poll: () => void) => {
    for (let i = 0; i < 40; i++) {
      matrix.matmul(matrix).dispose();
      poll();
    }
  };
  const computeAll = () => {
    for (let i = 0; i < BUCKETS; i++) compute(() => {});
  };
  const timed = async (into: number[], act: () => Promise<void>) => {
    await communicator.gather([[0]]);
    const start = performance.now();
    await act();
    into.push(performance.now() - start);
  };
  for (let round = 0; round < ROUNDS; round++) {
    await timed(times.compute, async () => computeAll());
    await timed(times.exchange, () => communicator.sum(gradients));
    await timed(times.after, async () => {
      computeAll();
      await communicator.sum(gradients);
    });
    await timed(times.during, async () => {
      const sums: OngoingSum[] = [];
      for (const gradient of gradients satisfies Tensor[]) {
        compute(() => sums.at(-1)?.poll());
        sums.push(communicator.beginSum([gradient]));
      }
      for (const sum of sums) await sum.finish();
    });
  }
  const medians = Object.values(times).map((each) => each.sort((a, b) => a - b)[ROUNDS >> 1]!);
  const all = await communicator.gather([medians]);
  const [computing, exchange, after, during] = medians.map((_, i) => Math.max(...all.map(([each]) => each![i]!)));
  if (communicator.rank > 0) return;
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  console.log(`${MEGABYTES} MB, ${communicator.size} processes: compute ${ms(computing!)}, exchange ${ms(exchange!)}`);
  console.log(`one after the other ${ms(after!)}, with overlap ${ms(during!)}`);
  console.log(`hidden: ${((100 * (after! - during!)) / exchange!).toFixed(0)}% of the exchange`);
}
