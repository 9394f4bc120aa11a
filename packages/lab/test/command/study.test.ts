import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from '@pnn/nn';
import { decodeJson } from '@pnn/pnn/codec';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { studyReport } from '../../src/studies/report.js';
import type { TrialEvent } from '../../src/trials/events.js';
import type { TrialResult } from '../../src/trials/result.js';
import { StudyFolder } from '../../src/trials/study-folder.js';
import { trial as trialDecoder } from '../../src/trials/trial.js';
import { bundledCommand } from './bundled.js';

let root: string;
let program: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'pnn-study-'));
  program = await bundledCommand(join(root, 'program'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A call of the command in a group of processes of its own. */
class Call {
  readonly child: ChildProcess;
  readonly end: Promise<Ended>;
  #stdout = '';

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [program, ...args], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '' },
    });
    let stderr = '';
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    this.end = new Promise((resolve) => {
      this.child.on('close', (status, signal) => resolve({ status, signal, stdout: this.#stdout, stderr }));
    });
  }

  /** Resolves when the text was printed, or the call has ended. */
  async printed(text: string): Promise<void> {
    let hasEnded = false;
    void this.end.then(() => {
      hasEnded = true;
    });
    while (!hasEnded && !this.#stdout.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function pnn(...args: readonly string[]): Promise<Ended> {
  return new Call(...args).end;
}

const small = ['--train-samples', '120', '--test-samples', '40', '--widths', '3,3', '--batch-size', '20'];

/** What two runs of one trial have in common: everything but the time. */
function bitsOf({ seconds, ...rest }: TrialResult): unknown {
  return rest;
}

async function resultsIn(folder: string): Promise<Map<string, unknown>> {
  const { results } = await new StudyFolder(folder).states();
  return new Map([...results].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, result]) => [id, bitsOf(result)]));
}

function countOf(events: readonly TrialEvent[], kind: TrialEvent['kind'], trial: string): number {
  return events.filter((event) => event.kind === kind && event.trial === trial).length;
}

/** The processes that a trial was claimed for besides the one that claimed it. */
function workersOf(folder: string, trial: string): number[] {
  const claims = join(folder, 'claims');
  if (!existsSync(claims)) return [];
  return readdirSync(claims)
    .filter((name) => name.startsWith(`${trial}.`))
    .flatMap((name) => {
      const { processes } = JSON.parse(readFileSync(join(claims, name), 'utf8')) as { processes: { pid: number }[] };
      return processes.slice(1).map(({ pid }) => pid);
    });
}

describe('a study', () => {
  it('that is killed 20 times at random moments and resumed has the bits of one left alone, and repeats no trial', async () => {
    const study = ['degrees', '--degrees', '2,8', '--seeds', '2', ...small, '--epochs', '12'];
    const running = ['--jobs', '2', '--threads', '2', '--checkpoint-every', '0.05'];
    const alone = join(root, 'alone');
    const start = performance.now();
    const reference = await pnn(...study, ...running, '--out', alone);
    const duration = performance.now() - start;
    expect(reference).toMatchObject({ status: 0, stderr: '' });
    const expected = await resultsIn(alone);
    expect(expected.size).toBe(6);
    // As if it had been killed between the last line of a trial and the removal of its checkpoint.
    writeFileSync(join(alone, 'checkpoints', `${[...expected.keys()][0]}.safetensors`), '');
    // As if it had been killed while it wrote files.
    for (const part of ['', 'checkpoints', 'claims']) {
      const path = join(alone, part, '.5d1c7c9e-8f5e-4a57-b0de-6d3a6a9c1f77.tmp');
      writeFileSync(path, '');
      utimesSync(path, 0, 0);
    }
    expect(await pnn(study[0]!, '--resume', alone, ...running)).toMatchObject({ status: 0 });
    expect(readdirSync(join(alone, 'checkpoints'))).toEqual([]);
    for (const part of [alone, join(alone, 'claims')]) {
      expect(readdirSync(part).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }

    const moments = new Generator(11, 'moments of kills');
    let kills = 0;
    let resumed = 0;
    // A machine may be so fast that a sweep ends between the kills: then another one begins.
    for (let sweep = 0; kills < 20; sweep++) {
      const out = join(root, `killed-${sweep}`);
      const finished = new Set<string>();
      for (let isOver = false; !isOver; ) {
        const known = existsSync(join(out, 'journal')) ? await new StudyFolder(out).events() : [];
        const call = new Call(
          ...(existsSync(join(out, 'study.json')) ? [study[0]!, '--resume', out] : [...study, '--out', out]),
          ...running,
        );
        if (kills < 20) {
          await Promise.race([
            new Promise((resolve) => setTimeout(resolve, (moments.uniform() * duration) / 3)),
            call.end,
          ]);
          // The whole group, or the parent alone, whose workers have to notice.
          if (call.child.exitCode === null)
            process.kill(moments.uniform() < 0.5 ? -call.child.pid! : call.child.pid!, 'SIGKILL');
        }
        const end = await call.end;
        if (end.signal === 'SIGKILL') kills++;
        else expect(end).toMatchObject({ status: 0, stderr: '' });
        isOver = end.signal !== 'SIGKILL';
        if (!existsSync(join(out, 'journal'))) continue;
        const events = await new StudyFolder(out).events();
        for (const id of finished) {
          expect(countOf(events, 'started', id)).toBe(countOf(known, 'started', id));
        }
        for (const event of events) {
          if (event.kind === 'finished') finished.add(event.trial);
          if (event.kind === 'started' && event.step > 0) resumed++;
        }
      }
      expect(await resultsIn(out)).toEqual(expected);
      const events = await new StudyFolder(out).events();
      for (const id of expected.keys()) expect(countOf(events, 'finished', id)).toBe(1);
      expect(readdirSync(join(out, 'checkpoints')).filter((name) => !name.startsWith('.'))).toEqual([]);
    }
    expect(resumed).toBeGreaterThan(0);
  }, 300_000);

  it('in one folder is shared by two processes, which never train the same trial', async () => {
    const out = join(root, 'shared');
    const study = ['degrees', '--degrees', '2,4', '--seeds', '2', ...small, '--epochs', '2', '--threads', '1'];
    const ends = await Promise.all([pnn(...study, '--out', out), pnn(...study, '--out', out)]);
    for (const end of ends) expect(end).toMatchObject({ status: 0, stderr: '' });
    const events = await new StudyFolder(out).events();
    const ids = (await resultsIn(out)).keys();
    for (const id of ids) {
      expect(countOf(events, 'started', id)).toBe(1);
      expect(countOf(events, 'finished', id)).toBe(1);
    }
    expect(readdirSync(join(out, 'journal')).length).toBe(2);
    const again = await pnn('degrees', '--resume', out);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain('6 trials, 6 of them finished before');
    expect(await new StudyFolder(out).events()).toEqual(events);
  });

  it('in shares, in folders of their own, is merged to the same report', async () => {
    const study = [
      'penalties',
      '--degrees',
      '4',
      '--seeds',
      '1',
      '--no-twin',
      ...small,
      '--epochs',
      '1',
      '--threads',
      '1',
    ];
    const listed = (await pnn(...study, '--list')).stdout.trim().split('\n');
    const ids = listed.map((line) => decodeJson(line, trialDecoder, 'line').id);
    expect(ids.length).toBe(6);
    const folders = ['1/2', '2/2'].map((only) => [only, join(root, `share-${only[0]}`)] as const);
    const shares = await Promise.all(
      folders.map(async ([only, out]) => {
        const own = (await pnn(...study, '--list', '--only', only)).stdout.trim().split('\n');
        const end = await pnn(...study, '--only', only, '--out', out);
        expect(end).toMatchObject({ status: 0, stderr: '' });
        expect(end.stdout).toContain('The share is done; 3 of all 6 trials are finished.');
        return own;
      }),
    );
    expect(shares.flat().sort()).toEqual([...listed].sort());
    const merged = join(root, 'merged');
    const end = await pnn('merge', ...folders.map(([, out]) => out), '--out', merged);
    expect(end).toMatchObject({ status: 0, stderr: '' });
    expect(end.stdout).toContain('6 of 6 trials finished');
    const report = decodeJson(readFileSync(join(merged, 'report.json'), 'utf8'), studyReport, 'report.json');
    expect(report.outcomes.map(({ trial, result }) => [trial.id, result !== null])).toEqual(
      ids.map((id) => [id, true]),
    );
    expect(readFileSync(join(merged, 'report.html'), 'utf8')).toContain('dual ascent');
    const other = await pnn('degrees', '--degrees', '2', '--seeds', '1', '--out', folders[0]![1]);
    expect(other.status).toBe(1);
    expect(other.stderr).toMatch(/^[^\n]*share-1 has another study[^\n]*\n$/);
  });

  it('of trials that begin with others ends with checkpoints on SIGINT and SIGTERM, and goes on to the same bits', async () => {
    const arms = [
      '--pretrain',
      'digits',
      '--pretrain-samples',
      '110',
      '--bounds',
      'kept,calibrated',
      '--layers',
      'frozen',
      '--no-twin',
    ];
    const study = ['transfer', ...arms, '--degrees', '4', '--seeds', '1', ...small, '--epochs', '20'];
    const alone = join(root, 'transfer-alone');
    expect(await pnn(...study, '--threads', '1', '--out', alone)).toMatchObject({ status: 0, stderr: '' });
    const out = join(root, 'transfer');
    // Before the first trial, and while one is trained.
    for (const [signal, status, started] of [
      ['SIGINT', 130, 0],
      ['SIGTERM', 143, 1],
    ] as const) {
      const call = existsSync(out)
        ? new Call('transfer', '--resume', out, '--threads', '1', '--jobs', '2')
        : new Call(...study, '--threads', '1', '--jobs', '2', '--out', out);
      await call.printed(' trials');
      const isTraining = async () =>
        (await new StudyFolder(out).events()).filter(({ kind }) => kind === 'started').length >= started;
      await vi.waitUntil(isTraining, { timeout: 60_000, interval: 10 });
      // As a terminal does, to the whole group.
      process.kill(-call.child.pid!, signal);
      const end = await call.end;
      expect(end).toMatchObject({ status, stderr: '' });
      expect(end.stdout).toMatch(/\nInterrupted\. Go on with: npx pnn transfer --resume '[^\n]*transfer'\n$/);
    }
    expect(await pnn('transfer', '--resume', out, '--threads', '1')).toMatchObject({ status: 0, stderr: '' });
    expect(await resultsIn(out)).toEqual(await resultsIn(alone));
  });

  it('tries a trial twice whose process dies, reports it, and finishes the others', async () => {
    const out = join(root, 'dies');
    const study = [
      'degrees',
      '--degrees',
      '2,4',
      '--seeds',
      '1',
      '--no-twin',
      ...small,
      '--epochs',
      '40',
      '--threads',
      '1',
    ];
    const [victim] = (await pnn(...study, '--list')).stdout.split('\n');
    const { id, name } = decodeJson(victim!, trialDecoder, 'line');
    const call = new Call(...study, '--out', out);
    const killed = new Set<number>();
    const failures = ['failed, and is tried again', 'failed again, and is given up'];
    for (const failure of failures) {
      for (let isKilled = false; !isKilled && call.child.exitCode === null; ) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        const worker = workersOf(out, id).find((pid) => !killed.has(pid));
        if (worker === undefined) continue;
        process.kill(worker, 'SIGKILL');
        killed.add(worker);
        isKilled = true;
      }
      await call.printed(failure);
    }
    const end = await call.end;
    expect(end).toMatchObject({ status: 1, stderr: '' });
    for (const failure of failures) {
      expect(end.stdout).toContain(`! ${name} ${failure}: its process was ended by SIGKILL, as if memory ran out\n`);
    }
    expect(end.stdout).toContain(`! ${name} failed: its process was ended by SIGKILL`);
    const { results, failures: failed } = await new StudyFolder(out).states();
    expect([...failed.keys()]).toEqual([id]);
    expect(results.size).toBe(1);
    expect(await pnn('degrees', '--resume', out)).toMatchObject({ status: 0, stderr: '' });
    expect((await new StudyFolder(out).states()).results.size).toBe(2);
  });

  it('says in one sentence what is damaged in its folder', async () => {
    const out = join(root, 'damaged');
    const study = [
      'degrees',
      '--degrees',
      '2',
      '--seeds',
      '1',
      '--no-twin',
      ...small,
      '--epochs',
      '1',
      '--threads',
      '1',
    ];
    expect(await pnn(...study, '--out', out)).toMatchObject({ status: 0 });
    const [name] = readdirSync(join(out, 'journal'));
    const path = join(out, 'journal', name!);
    const lines = readFileSync(path, 'utf8');
    appendFileSync(path, lines.slice(0, 40));
    expect(await pnn('degrees', '--resume', out)).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(path, lines.replace('"step"', '"stop"'));
    const end = await pnn('degrees', '--resume', out);
    expect(end.status).toBe(1);
    expect(end.stderr).toMatch(/^[^\n]*line 1 is damaged[^\n]*\n$/);
  });

  it('refuses what does not go together on one line', async () => {
    const calls: readonly (readonly [readonly string[], RegExp])[] = [
      [['sweep', '--over', 'labmda=1'], /no option --labmda/],
      [['sweep', '--over', 'lambda=1,x', '--list'], /--lambda x is neither/],
      [['degrees', '--degrees', '2,40'], /--degrees 40 is not an integer from 1 to 32/],
      [['degrees', '--only', '3/2'], /--only 3\/2 is not K\/N/],
      [['degrees', '--resume', root, '--epochs', '3'], /--epochs does not go with --resume/],
      [['degrees', '--seed', '3'], /no option --seed/],
      [['transfer'], /--pretrain NAME is needed/],
      [['transfer', '--pretrain', 'mnist'], /--pretrain mnist needs --pretrain-data DIR/],
      [['merge'], /which folder/],
    ];
    const ends = await Promise.all(calls.map(([args]) => pnn(...args)));
    for (const [index, [, message]] of calls.entries()) {
      expect(ends[index]).toMatchObject({ status: 2, stdout: '' });
      expect(ends[index]!.stderr).toMatch(message);
      expect(ends[index]!.stderr.trim().split('\n').length).toBe(1);
    }
  });
});
