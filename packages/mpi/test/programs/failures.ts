/** Ends as it is told: what the user sees of it, and whether anything is left, is up to the test. */
import { mpi } from '@pnn/mpi';
import { tensor } from '@pnn/nn';

const [how] = process.argv.slice(2);
const communicator = await mpi({ timeout: how === 'stand still' ? 2 : 60 });
const { rank, size } = communicator;
const last = size - 1;
const one = (length: number) => [tensor(new Float32Array(length))];

console.log(`process ${process.pid}`);
await communicator.sum(one(100));

/** What is thrown in every process, printed once: it must be the same in all. */
async function refused(act: () => Promise<unknown>): Promise<void> {
  const message = await act().then(
    () => 'nothing was thrown',
    (error: Error) => `${error.name}: ${error.message}`,
  );
  await communicator.agree({ message }, 'the messages differ');
  if (rank === 0) console.log(message);
}

switch (how) {
  case 'refusals': {
    await refused(() => (rank === last ? communicator.gather([[1]]) : communicator.sum(one(3))));
    await refused(() => communicator.sum(one(rank === last ? 4 : 5)));
    await refused(() => communicator.beginSum(one(rank === last ? 4 : 5)).finish());
    await refused(() => communicator.gather([new Float64Array(rank === last ? 1 : 2)]));
    await refused(() => communicator.sum([tensor(Int32Array.of(1))]));
    await refused(() => communicator.agree({ data: rank === last ? 'b' : 'a' }, 'give all the same data'));
    await communicator.finalize();
    await communicator.sum(one(1)).catch((error: Error) => rank === 0 && console.log(error.message));
    break;
  }
  case 'throw':
    if (rank === last) throw new Error('a defect of the program');
    break;
  case 'kill':
    if (rank === last) process.kill(process.pid, 'SIGKILL');
    break;
  case 'stand still':
    if (rank === last) process.kill(process.pid, 'SIGSTOP');
    break;
  case 'agreed': {
    // Timers and signals have their turn while a process waits: the last one comes when the first has heard a signal.
    const signaled = new Promise<void>((resolve) => process.once('SIGUSR2', () => resolve()));
    const processes = (await communicator.gather([[process.pid]])).map(([each]) => each![0]!);
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 3 && rank === 0) process.kill(process.pid, 'SIGUSR2');
    }, 10);
    if (rank === last) await signaled;
    else {
      void signaled.then(() => {
        console.log(`a signal after ${ticks} ticks`);
        process.kill(processes[last]!, 'SIGUSR2');
      });
    }
    await communicator.sum(one(100));
    clearInterval(timer);
    await communicator.finalize();
    process.exit(130);
  }
}
if (how !== 'refusals') await communicator.sum(one(100_000));
