import type { Handle, Message, MpiLibrary, Request } from '../library.js';
import type { Neighbor } from './neighbors.js';

/** What an exchange takes place between. */
export interface Group {
  readonly library: MpiLibrary;
  readonly rank: number;
  readonly size: number;
  /** The address of the first byte of `hostBytes`. */
  readonly base: number;
  /** The communicator that messages go by. */
  readonly messages: Handle;
  /** All processes, by rank, where each copies from the memory of the others; otherwise elements go by messages. */
  neighbors: readonly Neighbor[] | undefined;
}

/** The tags of the messages of one exchange. */
export interface Tags {
  readonly scatter: number;
  readonly collect: number;
}

/** MPI promises tags up to 32767 (MPI 4.0, section 8.1.2). An exchange has two, which come again when it has long ended. */
const CALLS_WITH_TAGS = 16384;

export function tagsOf(call: number): Tags {
  const scatter = 2 * (call % CALLS_WITH_TAGS);
  return { scatter, collect: scatter + 1 };
}

/** The ranks of the others, beginning after the own one, so that not all turn to the same process first. */
export function othersOf({ rank, size }: Pick<Group, 'rank' | 'size'>): number[] {
  return Array.from({ length: size - 1 }, (_, i) => (rank + 1 + i) % size);
}

/** Bytes of this process, from `offset` in `hostBytes`. */
export interface Bytes {
  readonly offset: number;
  readonly length: number;
}

/** Messages to and from all other processes; those without bytes are left out. */
export function exchangeMessages(
  group: Group,
  tag: number,
  send: (process: number) => Bytes,
  receive: (process: number) => Bytes,
): Request {
  const messages: Message[] = [];
  for (const [kind, bytesFor] of [
    ['receive', receive],
    ['send', send],
  ] as const) {
    for (const process of othersOf(group)) {
      const { offset, length } = bytesFor(process);
      if (length > 0) messages.push({ kind, process, tag, address: group.base + offset, bytes: length });
    }
  }
  return group.library.exchange(messages, group.messages);
}
