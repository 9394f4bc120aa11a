import { gatherTexts } from '@pnn/nn';
import type { Gathering } from './agreement.js';

/** Where a process runs. */
export interface Place {
  /** What the machine is called. */
  readonly machine: string;
  /** The processors of it that the process may run on. */
  readonly processors: readonly number[];
}

/** Whether there are more processes on this machine than processors that they may run on. */
export async function isCrowded(communicator: Gathering, place: Place): Promise<boolean> {
  const places = (await gatherTexts(communicator, JSON.stringify(place))).map((text) => JSON.parse(text) as Place);
  const here = places.filter(({ machine }) => machine === place.machine);
  return here.length > new Set(here.flatMap(({ processors }) => processors)).size;
}
