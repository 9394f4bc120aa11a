import { FormatError } from '@pnn/nn';
import { FileError, readFileBytes, writeFileAtomically } from '@pnn/nn/node';
import { type Decoder, decodeJson, encodeJson, list, object, oneOf, text } from '@pnn/pnn/codec';
import type { StudyFolder } from '../trials/study-folder.js';
import { type Trial, trial } from '../trials/trial.js';

/** The version of the plans that are written, and the only one that is read. */
const PLAN_VERSION = 1;

/** What a study is to do. Plain data that survives JSON. */
export interface StudyPlan {
  readonly version: typeof PLAN_VERSION;
  /** The name of the command. */
  readonly study: string;
  readonly title: string;
  /** Absolute paths of modules that register data sets and models of the user's own. */
  readonly imports: readonly string[];
  /** In the order of the report; those that others begin with before these. */
  readonly trials: readonly Trial[];
}

/** Decodes a {@link StudyPlan}. */
export const studyPlan: Decoder<StudyPlan> = object<StudyPlan>({
  version: oneOf(PLAN_VERSION),
  study: text,
  title: text,
  imports: list(text),
  trials: list(trial),
});

/**
 * A plan of the present version. What is there twice, such as a value that was given twice, counts once; trials that are
 * the same training, but stand for different things, are all kept.
 */
export function makePlan({ trials, ...rest }: Omit<StudyPlan, 'version'>): StudyPlan {
  const byContent = new Map(trials.map((each) => [encodeJson(each), each]));
  return { version: PLAN_VERSION, ...rest, trials: [...byContent.values()] };
}

/**
 * Reads the plan of a folder.
 *
 * @throws FileError if there is none, or it cannot be read
 * @throws FormatError if it is damaged
 */
export async function readPlan(folder: StudyFolder): Promise<StudyPlan> {
  return decodeJson(new TextDecoder().decode(await readFileBytes(folder.plan)), studyPlan, folder.plan);
}

async function existingPlan(folder: StudyFolder): Promise<StudyPlan | undefined> {
  try {
    return await readPlan(folder);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    if (((error as Error).cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether two plans are of the same trainings, wherever their data lie. */
export function isSamePlan(a: StudyPlan, b: StudyPlan): boolean {
  const idsOf = ({ study, trials }: StudyPlan) => encodeJson([study, trials.map(({ id }) => id)]);
  return idsOf(a) === idsOf(b);
}

/**
 * Writes the plan to its folder, unless the same one is there already: then the study goes on.
 *
 * @throws FileError if there is another one, or the folder cannot be written
 */
export async function writePlan(folder: StudyFolder, plan: StudyPlan): Promise<void> {
  const existing = await existingPlan(folder);
  if (existing && isSamePlan(existing, plan)) return;
  if (existing) {
    throw new FileError(
      `${folder.path} has another study, '${existing.title}' of ${existing.trials.length} trials: choose another folder, or go on with that one by --resume`,
    );
  }
  await writeFileAtomically(folder.plan, new TextEncoder().encode(`${encodeJson(plan)}\n`));
}
