/**
 * What becomes of a training on two hosts when the cable between them is pulled: how long mpirun takes to notice, whether
 * anything is left running, and whether the last checkpoint goes on. Needs root on Linux, and Open MPI:
 *
 *     npx tsx --conditions=@pnn/source test/soak/cable.ts
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPrograms } from '../../packages/mpi/test/bundled.js';
import { commandOf, Running } from '../../packages/mpi/test/mpirun.js';
import { hostsObstacle, TwoHosts } from '../../packages/mpi/test/namespaces.js';
import { processesWith, until } from '../mpi/job.js';

const obstacle = hostsObstacle();
if (obstacle) throw new Error(obstacle);

const folder = mkdtempSync(join(tmpdir(), 'pnn-cable-'));
const out = join(folder, 'training');
const options = '--train-samples 320 --test-samples 100 --batch-size 32 --no-twin --shards 2 --threads 1';
const checkpoint = join(out, 'checkpoint.safetensors');

try {
  const { main } = await bundledPrograms(join(folder, 'program'), { main: 'packages/lab/src/cli/main.ts' });
  using hosts = new TwoHosts(3);
  const words = ['train', ...options.split(' '), '--epochs', '500', '--checkpoint-every', '3', '--out', out, '--mpi'];
  const job = new Running(commandOf(hosts.launch(2), 2, main, ...words), { PNN_MPI_TIMEOUT: '60' });
  void job.ended.then(({ stderr }) => existsSync(checkpoint) || console.error(stderr));
  await until(() => existsSync(checkpoint), 'there is a checkpoint');
  hosts.unplug();
  const start = performance.now();
  const { status } = await job.ended;
  const seconds = (performance.now() - start) / 1000;
  await until(() => processesWith(out).size === 0, 'all processes have ended');
  const all = (performance.now() - start) / 1000;
  console.log(`mpirun ended with ${status} after ${seconds.toFixed(1)} s, the last process after ${all.toFixed(1)} s`);
  const resumed = new Running([process.execPath, main, 'train', '--resume', checkpoint]);
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  resumed.child.kill('SIGINT');
  const { status: stopped, stdout, stderr } = await resumed.ended;
  console.log(`resumed by one process, and stopped with ${stopped}: ${stdout.trim().split('\n').at(-1)}${stderr}`);
  if (status === 0 || stopped !== 130) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
