// One process by itself; started by mpirun -n 2, or -n 4, the processes share the samples.
import { findLauncher, mpi } from '@pnn/mpi';
import { AdamW, Linear, meanSquaredError, oneProcess, Sequential, scope, setSeed, Tanh, tensor } from '@pnn/nn';

const communicator = findLauncher() ? await mpi() : oneProcess;
const { rank, size } = communicator;

const all = Array.from({ length: 64 }, (_, i) => i / 32 - 1);
const own = all.filter((_, i) => i % size === rank);
const inputs = tensor(own.map((x) => [x]));
const targets = tensor(own.map((x) => [Math.abs(x)]));

setSeed(7);
const network = new Sequential(new Linear(1, 16), new Tanh(), new Linear(16, 1));
const optimizer = new AdamW(network.parameterGroups(), { lr: 0.02 });

for (let step = 0; step <= 200; step++) {
  optimizer.zeroGrad();
  const loss = scope(() => {
    const loss = meanSquaredError(network.forward(inputs), targets).div(size);
    loss.backward();
    return loss.detach();
  });
  // The mean over all samples: a sum over processes, since each has divided by their number.
  await communicator.sum([loss, ...[...network.parameters()].map(({ grad }) => grad!)]);
  optimizer.step();
  if (rank === 0 && step % 50 === 0) console.log(`step ${step}: loss ${(await loss.item()).toFixed(6)}`);
  loss.dispose();
}
