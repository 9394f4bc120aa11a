import { type Communicator, gatherTexts } from '@pnn/nn';
import { MpiError } from './errors.js';

/** What agreeing takes of a communicator. */
export type Gathering = Pick<Communicator, 'gather'>;

/** More of a value than this is not shown. */
const MAX_SHOWN = 60;

/** The part of a text in which it begins to differ from another one. */
function excerpt(text: string | undefined, other: string | undefined): string {
  if (text === undefined) return 'nothing';
  if (text.length <= MAX_SHOWN) return `"${text}"`;
  let same = 0;
  while (other !== undefined && same < text.length && text[same] === other[same]) same++;
  const begin = Math.max(0, Math.min(same - MAX_SHOWN / 2, text.length - MAX_SHOWN));
  const end = begin + MAX_SHOWN;
  return `"${begin > 0 ? '…' : ''}${text.slice(begin, end)}${end < text.length ? '…' : ''}"`;
}

/** See `MpiCommunicator.agree`. */
export async function agreeOn(
  communicator: Gathering,
  machine: string,
  facts: Readonly<Record<string, string>>,
  advice: string,
): Promise<void> {
  const texts = await gatherTexts(communicator, JSON.stringify({ machine, facts }));
  const all = texts.map((text) => JSON.parse(text) as { machine: string; facts: Record<string, string> });
  const first = all[0]!;
  for (const [rank, other] of all.entries()) {
    for (const name of new Set([...Object.keys(first.facts), ...Object.keys(other.facts)])) {
      const [a, b] = [first.facts[name], other.facts[name]];
      if (a === b) continue;
      throw new MpiError(
        `mpi: process ${rank} on ${other.machine} and process 0 on ${first.machine} differ in ${name}: ` +
          `${excerpt(b, a)} and ${excerpt(a, b)}: ${advice}`,
      );
    }
  }
}
