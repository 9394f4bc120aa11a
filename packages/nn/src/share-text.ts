import type { Communicator } from './distributed.js';

/** The text that each process gives, by rank. */
export async function gatherTexts(communicator: Pick<Communicator, 'gather'>, text: string): Promise<string[]> {
  const codes = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const lengths = (await communicator.gather([[codes.length]])).map(([length]) => length![0]!);
  // Every process gives an array of the same length.
  const padded = Float64Array.from({ length: Math.max(...lengths) }, (_, i) => codes[i] ?? 0);
  const texts = await communicator.gather([padded]);
  return texts.map(([each], rank) =>
    Array.from(each!)
      .slice(0, lengths[rank]!)
      .map((code) => String.fromCharCode(code))
      .join(''),
  );
}

/** The text of process 0. */
export async function shareText(communicator: Communicator, text: string): Promise<string> {
  return (await gatherTexts(communicator, communicator.rank === 0 ? text : ''))[0]!;
}
