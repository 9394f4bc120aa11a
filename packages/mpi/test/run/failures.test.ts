import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { bundledPrograms } from '../bundled.js';
import { type Ended, mpich, run, sharedMemory } from '../mpirun.js';

const folder = mkdtempSync(join(tmpdir(), 'pnn-failures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { program } = await bundledPrograms(folder, { program: 'packages/mpi/test/programs/failures.ts' });

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch {
    return false;
  }
}

/** Those that the processes of the job have printed of themselves. */
async function expectNobodyLeft({ stdout }: Ended, processes: number): Promise<void> {
  const started = [...stdout.matchAll(/^process (\d+)$/gm)].map(([, id]) => Number(id));
  expect(started).toHaveLength(processes);
  // mpirun does not wait for the last of those that it kills.
  await vi.waitFor(() => expect(started.filter(isAlive)).toEqual([]), 60_000);
}

describe.each([...sharedMemory, ...mpich])('a job of $name', (launch) => {
  const fail = async (processes: number, how: string): Promise<Ended> => {
    const ended = await run(launch, processes, program, how);
    await expectNobodyLeft(ended, processes);
    return ended;
  };

  it('tells all processes when one does something else, and goes on', async () => {
    const { status, stdout, stderr } = await fail(2, 'refusals');
    expect(status, stderr).toBe(0);
    const messages = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('process '));
    const lengths =
      'process 1 gives other lengths or types than process 0: all must train the same network with the same settings';
    expect(messages).toEqual([
      expect.stringMatching(
        /^MpiError: mpi: in call \d+ process 0 calls sum and process 1 gather: all must call the same, in the same order$/,
      ),
      expect.stringMatching(new RegExp(`^MpiError: mpi: in call \\d+, sum, ${lengths}$`)),
      expect.stringMatching(new RegExp(`^MpiError: mpi: in call \\d+, sum, ${lengths}$`)),
      expect.stringMatching(new RegExp(`^MpiError: mpi: in call \\d+, gather, ${lengths}$`)),
      'DTypeError: sum: takes float32 and float64, not int32: cast() the tensor',
      expect.stringMatching(
        /^MpiError: mpi: process 1 on \S+ and process 0 on \S+ differ in data: "b" and "a": give all the same data$/,
      ),
      'mpi: sum was called after finalize',
    ]);
  });

  it('ends when a process throws', async () => {
    const { status, stderr } = await fail(2, 'throw');
    expect(status).toBe(1);
    expect(stderr).toContain('a defect of the program');
  });

  it('ends when a process is killed', async () => {
    expect((await fail(4, 'kill')).status).not.toBe(0);
  });

  it('ends when a process stands still', async () => {
    const { status, stderr } = await fail(2, 'stand still');
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^mpi: process 0 of 2 has waited 2 s for the others in sum: one of them stands still/m);
  });

  it('ends with the status that its processes have agreed on; meanwhile signals and timers live', async () => {
    const { status, stdout, stderr } = await fail(2, 'agreed');
    expect(status, stderr).toBe(130);
    expect(stdout).toMatch(/^a signal after \d+ ticks$/m);
  });
});
