import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { checkOf, difference } from '../benchmarks/check.js';
import { compare, MeasurementError, quick } from '../benchmarks/comparison.js';
import { Field } from '../benchmarks/field.js';
import { uniform } from '../benchmarks/inputs.js';
import { Participant, type Program } from '../benchmarks/participant.js';
import type { Workload } from '../benchmarks/workload.js';

const folder = mkdtempSync(join(tmpdir(), 'pnn-peers-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A participant whose runs take as long as it says and that answers as the test wants it. */
const script = join(folder, 'peer.mjs');
writeFileSync(
  script,
  `import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const answers = JSON.parse(process.argv[2]);
if (answers.log) appendFileSync(answers.log, 'once,');
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
say(answers.greeting);
for await (const text of createInterface({ input: process.stdin })) {
  const kind = Object.keys(JSON.parse(text))[0];
  const answer = answers[kind];
  if (answer === 'crash') throw new TypeError('broken on purpose');
  if (answer !== 'silence') say(answer);
}`,
);

const values = [1, 2, 3];
const honest = {
  greeting: { version: '1.0' },
  prepare: { seconds: 0.5, checks: [checkOf(values)] },
  repeat: { seconds: [0.5] },
  probe: { rate: 1e9 },
};

function program(name: string, answers: object): Program {
  return { name, command: process.execPath, args: [script, JSON.stringify({ ...honest, ...answers })] };
}

async function start(name: string, answers: object = {}): Promise<Participant> {
  const { participant } = await Participant.start(program(name, answers), 20);
  onTestFinished(() => participant.stop());
  return participant;
}

const workload: Workload = {
  name: 'matmul/8',
  work: { kind: 'matmul', size: 8 },
  passes: [{ operations: 2e8, bytes: 2 ** 20 }],
};

test('everyone takes a turn in every round, and is held against us and the floor', async () => {
  const ours = await start('ours');
  const peers = [
    await start('slower', { repeat: { seconds: [2] } }),
    await start('faster', { repeat: { seconds: [0.25] } }),
  ];
  const result = await compare(workload, 2, { ours, peers, gpu: [] }, quick);
  expect(result).toMatchObject({ name: 'matmul/8', threads: 2, operations: 2e8, bytes: 2 ** 20 });
  expect(result.seconds).toEqual({ median: 0.5, lower: 0.5, upper: 0.5, minimum: 0.5, repetitions: quick.rounds });
  expect(result.floor).toMatchObject({ seconds: 0.2, limit: 'arithmetic', peak: 1e9 });
  expect(result.share).toBeCloseTo(0.4, 12);
  expect(result.peers).toMatchObject([
    { name: 'slower', ratio: 4, seconds: { repetitions: quick.rounds } },
    { name: 'faster', ratio: 0.5 },
  ]);
});

test.each([
  { name: 'unable', answers: { prepare: { cannot: 'it has no matrices' } }, says: 'it has no matrices' },
  { name: 'failing', answers: { repeat: { error: 'out of luck' } }, says: 'error: out of luck' },
  { name: 'broken', answers: { repeat: 'crash' }, says: 'it ended: TypeError: broken on purpose' },
  {
    name: 'wrong',
    answers: { prepare: { seconds: 1, checks: [checkOf([1, 2, 4])] } },
    says: 'its result differs: output 0 has magnitude 2.6457513110645907 instead of 2.160246899469287',
  },
])('a peer that is $name is a row that says so', async ({ name, answers, says }) => {
  const peers = [await start(name, answers), await start('honest')];
  const result = await compare(workload, 1, { ours: await start('ours'), peers, gpu: [] }, quick);
  expect(result.peers).toMatchObject([
    { name, absent: says },
    { name: 'honest', ratio: 1 },
  ]);
});

test('upload, work and readback of the device gpu are told apart, and each turn counts all of them', async () => {
  const adapter = { name: 'Abacus 9000', kind: 'hardware' as const };
  const parts = { seconds: [1, 3], transfers: { upload: [0.5, 0.5], wait: [0.25, 0.25], readback: [4, 4] } };
  const gpu = [
    { participant: await start('gpu-abacus', { repeat: parts }), adapter },
    { participant: await start('gpu-rope', { prepare: { error: 'too many elements' } }), adapter },
  ];
  const result = await compare(workload, 1, { ours: await start('ours'), peers: [], gpu }, quick);
  const always = (seconds: number, repetitions: number) => ({
    ...{ median: seconds, lower: seconds, upper: seconds, minimum: seconds },
    repetitions,
  });
  expect(result.gpu).toEqual([
    {
      name: 'gpu-abacus',
      adapter,
      // The repetitions of its turn take 5.75 and 7.75 s in all: more than what anyone gets.
      kernel: { median: 2, lower: 1.5, upper: 2.5, minimum: 1, repetitions: 2 },
      ratio: 4,
      upload: always(0.5, 2),
      wait: always(0.25, 2),
      readback: always(4, 2),
    },
    { name: 'gpu-rope', absent: 'error: too many elements' },
  ]);
});

test('where one cannot be started at all, those who run are ended', async () => {
  const pidFile = join(folder, 'pid');
  const body = `require('node:fs').writeFileSync('${pidFile}', String(process.pid));
    console.log(JSON.stringify({ version: '1.0' })); process.stdin.resume();`;
  const ours: Program = { name: 'ours', command: process.execPath, args: ['-e', body] };
  // Arguments with a null byte are more than any process can be given.
  const impossible: Program = { name: 'impossible', command: process.execPath, args: ['\0'] };
  const peers = [program('honest', {}), impossible];
  await expect(Field.gather({ threads: 1, ours, peers, gpu: [] })).rejects.toThrow('null bytes');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('one that does not end when it is asked to is ended all the same', async () => {
  const body = `process.on('SIGTERM', () => {}); console.log(JSON.stringify({ version: '1.0' })); process.stdin.resume();`;
  const stubborn: Program = { name: 'stubborn', command: process.execPath, args: ['-e', body] };
  const { participant, greeting } = await Participant.start(stubborn, 20);
  expect(greeting).toEqual({ version: '1.0' });
  await participant.stop();
  expect(await participant.ask({ repeat: 1 }, 1)).toEqual({ failure: 'it was stopped' });
});

test('one that was ended takes part in the next workload again', async () => {
  const peers = [
    program('crashing', { repeat: 'crash' }),
    program('absent', { greeting: { absent: 'not installed' } }),
  ];
  const field = await Field.gather({ threads: 1, ours: program('ours', {}), peers, gpu: [] });
  onTestFinished(() => field.leave());
  const absences = [
    { name: 'crashing', absent: 'it ended: TypeError: broken on purpose' },
    { name: 'absent', absent: 'not installed' },
  ];
  expect((await field.measure(workload, true)).peers).toEqual(absences);
  expect((await field.measure(workload, true)).peers).toEqual(absences);
  expect(field.versions).toEqual({ ours: '1.0', crashing: '1.0' });
});

test('a mode of the device gpu that failed starts anew, and one that is missing says why once', async () => {
  const adapter = { name: 'Abacus 9000', kind: 'hardware' as const };
  const log = join(folder, 'starts');
  const greeting = { version: '1.0', adapter };
  const gpu = [
    program('gpu-lost', { greeting, repeat: { error: 'the context is lost' }, log }),
    program('gpu-none', { greeting: { absent: 'no such GPU' } }),
  ];
  const field = await Field.gather({ threads: 1, ours: program('ours', {}), peers: [], gpu });
  onTestFinished(() => field.leave());
  expect(field.gpuModes).toEqual([
    { name: 'gpu-lost', adapter },
    { name: 'gpu-none', absent: 'no such GPU' },
  ]);
  for (const starts of ['once,', 'once,once,']) {
    expect(readFileSync(log, 'utf8')).toBe(starts);
    const { gpu: rows } = await field.measure(workload, true);
    expect(rows).toEqual([{ name: 'gpu-lost', absent: 'error: the context is lost' }]);
  }
});

test('that we cannot do our own work is an error', async () => {
  const ours = await start('ours', { prepare: { error: 'out of memory' } });
  const result = compare(workload, 1, { ours, peers: [], gpu: [] }, quick);
  await expect(result).rejects.toThrow(new MeasurementError('matmul/8: error: out of memory'));
});

test('one that does not answer in time is ended', async () => {
  const participant = await start('silent', { repeat: 'silence' });
  expect(participant.running).toBe(true);
  const failure = 'one run takes more than 0.2 s';
  expect(await participant.ask({ repeat: 1 }, 0.2)).toEqual({ failure });
  expect(participant.running).toBe(false);
  expect(await participant.ask({ repeat: 1 }, 0.2)).toEqual({ failure });
});

test('one that is absent says why, and one that is not there is absent', async () => {
  const absent = await Participant.start(program('absent', { greeting: { absent: 'not installed' } }), 20);
  expect(absent.greeting).toEqual({ absent: 'not installed' });
  expect(absent.participant.running).toBe(false);
  const missing = await Participant.start({ name: 'missing', command: join(folder, 'none'), args: [] }, 20);
  expect(missing.greeting).toEqual({ absent: expect.stringMatching(/^cannot be started: .*ENOENT/) });
});

test('results are compared within what float32 explains', () => {
  const ours = uniform(1000, 1);
  const near = ours.map((value) => value * (1 + 1e-4));
  expect(difference([checkOf(ours)], [checkOf(near)])).toBeUndefined();
  const turned = ours.toReversed();
  expect(difference([checkOf(ours)], [checkOf(turned)])).toMatch(/^output 0 has an element /);
  expect(difference([checkOf(ours)], [checkOf(ours.map(() => Number.NaN))])).toMatch(/magnitude NaN/);
  expect(difference([checkOf(ours)], [checkOf(ours.slice(1))])).toBe('output 0 has 999 elements instead of 1000');
  expect(difference([checkOf(ours)], [])).toBe('0 outputs instead of 1');
});

test('inputs are even in their range, and as every participant makes them', () => {
  // Worked out with the same formula in Python's integers.
  expect([...uniform(3, 1)]).toEqual([-0.4396215081214905, -0.4208027124404907, 0.7831107378005981]);
  const many = uniform(10_000, 2, 0, 1);
  const mean = many.reduce((sum, value) => sum + value, 0) / many.length;
  // Six deviations of the mean of so many even numbers, each of deviation 1/√12.
  expect(Math.abs(mean - 0.5)).toBeLessThan(6 / Math.sqrt(12 * many.length));
  expect(Math.min(...many)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...many)).toBeLessThanOrEqual(1);
});
