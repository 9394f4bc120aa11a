import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { count, type Decoder, nullable, object, text } from '@pnn/pnn/codec';

/** A process, so that others can tell whether it still runs. */
export interface ProcessIdentity {
  /** What sees the same process numbers: a machine since it was started, or a container on it. */
  readonly machine: string;
  readonly pid: number;
  /** When it began, in the system's own count, since numbers are used again; null where the system does not tell. */
  readonly began: string | null;
}

/** Decodes a {@link ProcessIdentity}. */
export const processIdentity: Decoder<ProcessIdentity> = object<ProcessIdentity>({
  machine: text,
  pid: count,
  began: nullable(text),
});

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function nameOfMachine(): string {
  // Linux tells the start of the system, and the space that process numbers belong to.
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const space = attempt(() => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), boot, space].filter((part) => part !== undefined).join(' ');
}

const machine = nameOfMachine();

/** The fields of a process on Linux from its state on: proc(5). The name of the program before may hold spaces. */
function statusOf(pid: number): { readonly state: string; readonly began: string } | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, began: fields[19]! };
}

/** The identity of a process of this machine. */
export function identify(pid: number): ProcessIdentity {
  return { machine, pid, began: statusOf(pid)?.began ?? null };
}

/** Ended, but for somebody who has to fetch its exit status. */
const ZOMBIE = 'Z';

/** Whether a process still runs; undefined if it is of another machine, where nobody here can tell. */
export function isRunning(other: ProcessIdentity): boolean | undefined {
  if (other.machine !== machine) return undefined;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // What exists and belongs to somebody else is refused with EPERM.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (other.began === null) return true;
  const status = statusOf(other.pid);
  return status !== undefined && status.state !== ZOMBIE && status.began === other.began;
}
