import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { writeFileAtomically } from '@pnn/nn/node';
import { encodeJson } from '@pnn/pnn/codec';
import type { Command } from '../cli/command.js';
import { makeNewFolder, timestamp } from '../cli/folder.js';
import { dataSpecFrom } from '../cli/option-groups/data.js';
import { deviceSpecFrom } from '../cli/option-groups/device.js';
import { type OptionGroup, type OptionSpecs, type Options, specsOf } from '../cli/options.js';
import { importModules, modulesOf } from '../cli/own-modules.js';
import { stopOnSignals } from '../cli/signals.js';
import type { Terminal } from '../cli/terminal.js';
import { renderPage, renderText } from '../report/document.js';
import { terminalOptions } from '../report/terminal/text.js';
import { makePlan, readPlan, type StudyPlan, writePlan } from '../studies/plan.js';
import { studies } from '../studies/registry.js';
import { studyDocument, studyReportOf } from '../studies/report.js';
import type { Study } from '../studies/study.js';
import { experimentOptions, TrialBuilder } from '../studies/trial-builder.js';
import type { TrialStates } from '../trials/events.js';
import { TrialRunner } from '../trials/runner.js';
import { type Share, trialsOf } from '../trials/share.js';
import { StudyFolder } from '../trials/study-folder.js';
import { type Trial, trainingsOf } from '../trials/trial.js';
import { StudyProgress } from './study-progress.js';

const DEFAULT_SEEDS = 3;
const MAX_JOBS = 64;
const DEFAULT_CHECKPOINT_SECONDS = 30;

/** Options that say how a study is run, not what it is: they may stand beside `--resume`. */
function runningOptions(): OptionSpecs {
  return {
    jobs: { value: 'N', description: 'trials side by side, which share the threads (default 1)' },
    only: { value: 'K/N', description: 'run the K-th of N shares of the trials; pnn merge makes the report' },
    'checkpoint-every': {
      value: 'S',
      description: `seconds from one checkpoint of a trial to the next (default ${DEFAULT_CHECKPOINT_SECONDS})`,
    },
    'keep-networks': { description: 'keep the network of every trial' },
  };
}

const studyOnly: OptionSpecs = {
  seeds: { value: 'N or N,N,…', description: `how many seeds, from 0 on, or which (default ${DEFAULT_SEEDS})` },
  list: { description: 'print the trials as JSON, one on a line, and do nothing' },
  out: {
    value: 'DIR',
    description:
      'folder of the study, which several processes may share (default runs/NAME-TIME); the same call goes on there',
  },
  resume: { value: 'DIR', description: 'go on in a folder; takes no other options but --threads and those of running' },
};

function optionGroupsOf(study: Study): readonly OptionGroup[] {
  const isOwn = (name: string) => name === 'seed' || study.decides.includes(name);
  return [
    { heading: 'Study', options: { ...study.options(), ...studyOnly } },
    { heading: 'Running', options: runningOptions() },
    ...experimentOptions().map(({ heading, options }) => ({
      heading,
      options: Object.fromEntries(Object.entries(options).filter(([name]) => !isOwn(name))),
    })),
  ];
}

function seedsFrom(options: Options): readonly number[] {
  const text = options.text('seeds');
  if (text?.includes(',')) return [...new Set(options.list('seeds', (each, name) => each.integer(name, 0)))];
  return Array.from({ length: options.integer('seeds', 1, 1000) ?? DEFAULT_SEEDS }, (_, seed) => seed);
}

function shareFrom(options: Options): Share | undefined {
  const text = options.text('only');
  if (text === undefined) return undefined;
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (number === undefined || of === undefined || number < 1 || number > of) {
    options.refuse(`--only ${text} is not K/N with K from 1 to N`);
  }
  return { number, of };
}

/** Threads of each worker: those of the options or of the machine, shared out among the jobs. */
function threadsFrom(options: Options, jobs: number): number | null {
  const { name, threads } = deviceSpecFrom(options);
  if (name !== 'wasm') return null;
  if (threads === null && jobs === 1) return null;
  const all = threads ?? (Number(process.env.PNN_THREADS) || availableParallelism());
  return Math.max(1, Math.floor(all / jobs));
}

function planFrom(study: Study, options: Options, imports: readonly string[]): StudyPlan {
  const { dataset } = dataSpecFrom(options);
  const trials = study.trials(new TrialBuilder(options, seedsFrom(options)), options);
  return makePlan({ study: study.name, title: study.title(options, dataset), imports, trials });
}

/** The plan of a call, with the modules that it needs loaded, and the folder that was given. */
async function newPlan(study: Study, options: Options): Promise<{ plan: StudyPlan; given: string | undefined }> {
  const imports = modulesOf(options);
  await importModules(imports);
  return { plan: planFrom(study, options, imports), given: options.text('out') };
}

async function resumedPlan(study: Study, options: Options, given: string): Promise<{ plan: StudyPlan; given: string }> {
  const others = Object.keys(specsOf(optionGroupsOf(study))).filter(
    (name) => name !== 'resume' && name !== 'threads' && !Object.hasOwn(runningOptions(), name),
  );
  const refused = others.find((name) => options.has(name));
  if (refused) options.refuse(`--${refused} does not go with --resume: the study is that of the folder`);
  const plan = await readPlan(new StudyFolder(resolve(given)));
  if (plan.study !== study.name) options.refuse(`--resume ${given}: it has a study of pnn ${plan.study}`);
  await importModules(plan.imports);
  return { plan, given };
}

/** Writes the report of a study and prints its table. */
export async function writeStudyReport(
  plan: StudyPlan,
  states: TrialStates,
  out: string,
  terminal: Terminal,
): Promise<void> {
  const report = studyReportOf(plan, states);
  const document = studyDocument(report, studies);
  const write = (name: string, text: string) => writeFileAtomically(join(out, name), new TextEncoder().encode(text));
  await write('report.json', encodeJson(report));
  await write('report.html', renderPage(document.page, report.created));
  terminal.write(`\n${renderText(document.terminal, terminalOptions(terminal, process.env))}\n`);
  terminal.write(`Report: ${join(out, 'report.html')}\n`);
}

/** A path for a shell. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

async function runStudy(study: Study, options: Options, terminal: Terminal): Promise<number> {
  const from = options.text('resume');
  const { plan, given } = await (from === undefined ? newPlan(study, options) : resumedPlan(study, options, from));
  const share = shareFrom(options);
  const trials = trainingsOf(share ? trialsOf(plan.trials, share) : plan.trials);
  if (options.has('list')) {
    for (const trial of trials) terminal.write(`${encodeJson(trial)}\n`);
    return 0;
  }
  const jobs = options.integer('jobs', 1, MAX_JOBS) ?? 1;
  const runner = {
    jobs,
    threads: threadsFrom(options, jobs),
    imports: plan.imports,
    checkpointSeconds: options.positive('checkpoint-every') ?? DEFAULT_CHECKPOINT_SECONDS,
    keepNetworks: options.has('keep-networks'),
  };
  const out =
    given === undefined
      ? await makeNewFolder(resolve('runs', `${study.name}-${timestamp(new Date())}`))
      : resolve(given);
  const folder = new StudyFolder(out);
  await folder.make();
  await writePlan(folder, plan);
  return runTrials(study, plan, { trials, isShare: share !== undefined }, folder, runner, terminal);
}

async function runTrials(
  study: Study,
  plan: StudyPlan,
  { trials, isShare }: { readonly trials: readonly Trial[]; readonly isShare: boolean },
  folder: StudyFolder,
  options: ConstructorParameters<typeof TrialRunner>[2],
  terminal: Terminal,
): Promise<number> {
  const before = await folder.states();
  const isDone = ({ results }: TrialStates) => trials.filter(({ id }) => results.has(id)).length;
  const progress = new StudyProgress(terminal, trials.length, isDone(before));
  const signals = stopOnSignals();
  terminal.write(
    `${plan.title}: ${trials.length} trials${isDone(before) > 0 ? `, ${isDone(before)} of them finished before` : ''}, in ${folder.path}\n`,
  );
  try {
    await new TrialRunner(folder, trials, options, progress).run(signals.signal);
  } finally {
    progress.clear();
    signals.ignore();
  }
  if (signals.signal.aborted) {
    terminal.write(`Interrupted. Go on with: npx pnn ${study.name} --resume ${quoted(folder.path)}\n`);
    return signals.status;
  }
  const states = await folder.states();
  const failed = trials.length - isDone(states);
  if (!isShare) await writeStudyReport(plan, states, folder.path, terminal);
  else {
    const all = trainingsOf(plan.trials);
    const finished = all.filter(({ id }) => states.results.has(id)).length;
    terminal.write(
      `The share is done; ${finished} of all ${all.length} trials are finished. The report: npx pnn merge ${quoted(folder.path)}\n`,
    );
  }
  return failed > 0 ? 1 : 0;
}

/** The command of a study. */
export function studyCommand(study: Study): Command {
  const { name, summary, description, notes } = study;
  return {
    name,
    summary,
    description: `${description}

Prints a table of means and deviations over the seeds, and writes a report (HTML and JSON) to a
folder. Each training is a process of its own; one that fails is tried once more.`,
    options: () => optionGroupsOf(study),
    notes: `Ctrl-C, SIGTERM and SIGHUP end with checkpoints; after these, or kill -9, --resume DIR goes on.

${notes}`,
    run: (options, terminal) => runStudy(study, options, terminal),
  };
}
