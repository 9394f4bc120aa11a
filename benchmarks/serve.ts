import { createInterface } from 'node:readline';
import type { Adapter, Answer, Greeting, Request } from './protocol.js';
import { Performer, type Respondent, type Subject } from './subject.js';

/** Says in words why a participant cannot take part. */
export class AbsentError extends Error {}

/** Someone who takes part: does the work, or knows who does. */
export type Participation = { readonly version: string; readonly adapter?: Adapter } & (Subject | Respondent);

function say(line: Greeting | Answer): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Why there is nobody, where that is no mistake of the program; a library is missing by Node's code for it. */
function absence(error: unknown): string | undefined {
  if (error instanceof AbsentError) return error.message;
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  return isMissing ? 'not installed: npm ci --prefix benchmarks' : undefined;
}

/** Serves one participant on standard input and output until the input ends. */
export async function serve(load: () => Promise<Participation>): Promise<void> {
  // Standard output belongs to the protocol, whatever a library may print.
  console.log = console.info = console.debug = console.warn = console.error;
  let participation: Participation;
  try {
    participation = await load();
  } catch (error) {
    const absent = absence(error);
    if (absent === undefined) throw error;
    say({ absent });
    return;
  }
  const { version, adapter } = participation;
  say({ version, ...(adapter && { adapter }) });
  const respondent = 'answer' in participation ? participation : new Performer(participation);
  for await (const line of createInterface({ input: process.stdin })) {
    say(await respondent.answer(JSON.parse(line) as Request));
  }
  // Threads of a library may not end by themselves.
  process.exit();
}
