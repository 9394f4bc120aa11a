/**
 * How much of the time of an exchange is hidden when gradients leave while backward still computes others:
 *
 *     npm run build && mpirun -n 2 --bind-to none node --import tsx benchmarks/overlap.ts
 *
 * Steps of a ResNet-18 on one thread for each process: alone, with overlap and without, by turns. As root on Linux,
 * `benchmarks/overlap.ts 400` starts itself on two hosts, network namespaces with a cable of 400 Mbit/s between them. A second
 * argument says how many images each process has in a step, 24 where there is none: the more, the longer backward takes.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findLauncher, mpi } from '@pnn/mpi';
import { type Communicator, oneProcess, setDevice, setThreads, wasm } from '@pnn/nn';
import type { StepRecord } from '@pnn/pnn';
import { TwoHosts } from '../packages/mpi/test/namespaces.js';
import { residualTraining } from './residual-training.js';

/** Of one process. */
const IMAGES = Number(process.argv[3] ?? 24);
const ROUNDS = 5;

if (findLauncher()) await measure();
else startOnTwoHosts(Number(process.argv[2]));

function startOnTwoHosts(rate: number): void {
  if (!(rate > 0)) throw new Error('overlap.ts: start it by mpirun, or give the rate of a cable in Mbit/s');
  using hosts = new TwoHosts(200);
  hosts.shape(rate);
  const { program, options } = hosts.launch(2);
  const words = [
    '-n',
    '2',
    process.execPath,
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    `${rate}`,
    `${IMAGES}`,
  ];
  const { status } = spawnSync(program, [...options, ...words], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

/** A training whose steps are timed: one that knows of no other processes has the share of one of them. */
function trainingOf(communicator: Communicator, overlap: boolean, times: number[]): () => Promise<void> {
  const batchSize = IMAGES * communicator.size;
  const onStep = ({ seconds }: StepRecord) => times.push(1000 * seconds);
  return residualTraining({ communicator, batchSize, overlap, onStep });
}

async function measure(): Promise<void> {
  setThreads(1);
  setDevice(wasm());
  const communicator = await mpi();
  const times = { alone: [] as number[], after: [] as number[], during: [] as number[] };
  const rounds = [
    trainingOf(oneProcess, false, times.alone),
    trainingOf(communicator, false, times.after),
    trainingOf(communicator, true, times.during),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const train of rounds) {
      await communicator.gather([[round]]);
      await train();
    }
  }
  const medians = Object.values(times).map((each) => each.sort((a, b) => a - b)[each.length >> 1]!);
  const all = await communicator.gather([medians]);
  const [alone, after, during] = medians.map((_, i) => Math.max(...all.map(([each]) => each![i]!)));
  if (communicator.rank > 0) return;
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  console.log(`${communicator.size} processes, medians of steps:`);
  console.log(`alone ${ms(alone!)}, exchange at the end ${ms(after!)}, with overlap ${ms(during!)}`);
  console.log(`hidden: ${((100 * (after! - during!)) / (after! - alone!)).toFixed(0)}% of the exchange`);
}
