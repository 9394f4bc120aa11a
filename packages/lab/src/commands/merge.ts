import { resolve } from 'node:path';
import { FileError } from '@pnn/nn/node';
import type { Command } from '../cli/command.js';
import { makeFolder } from '../cli/folder.js';
import type { Options } from '../cli/options.js';
import { importModules } from '../cli/own-modules.js';
import type { Terminal } from '../cli/terminal.js';
import { isSamePlan, readPlan } from '../studies/plan.js';
import { statesOf } from '../trials/events.js';
import { StudyFolder } from '../trials/study-folder.js';
import { writeStudyReport } from './study.js';

async function run(options: Options, terminal: Terminal): Promise<number> {
  const folders = options.positionals.map((path) => new StudyFolder(resolve(path)));
  const [first, ...others] = folders;
  if (!first) return options.refuse('which folder? Give that of a study, or several of the same study');
  const plan = await readPlan(first);
  for (const other of others) {
    if (!isSamePlan(plan, await readPlan(other))) {
      throw new FileError(`${other.path} has another study than ${first.path}: only shares of one study can be merged`);
    }
  }
  await importModules(plan.imports);
  const events = await Promise.all(folders.map((folder) => folder.events()));
  const out = resolve(options.text('out') ?? first.path);
  await makeFolder(out);
  await writeStudyReport(plan, statesOf(events.flat()), out, terminal);
  return 0;
}

/** `pnn merge` */
export const merge: Command = {
  name: 'merge',
  summary: 'the report of a study that ran in shares',
  positionals: ['DIR…'],
  description: `Makes the report of what is finished of a study, from its folder, or from several folders where
machines have none in common.`,
  options: () => [
    {
      heading: 'Output',
      options: { out: { value: 'DIR', description: 'folder of the report (default: the first DIR)' } },
    },
  ],
  run,
};
