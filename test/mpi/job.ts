import { readdirSync, readFileSync } from 'node:fs';

/** The processes of a job by their ranks: those of Node that were given this folder. Linux only. */
export function processesWith(folder: string): Map<number, number> {
  const found = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (words[0] !== process.execPath || !words.includes(folder)) continue;
      const environment = readFileSync(`/proc/${entry}/environ`, 'utf8');
      const rank = /(?:^|\0)(?:OMPI_COMM_WORLD_RANK|PMI_RANK)=(\d+)\0/.exec(environment)?.[1];
      if (rank !== undefined) found.set(Number(rank), Number(entry));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Waits for what other processes do; a minute at most, or so many seconds. */
export async function until(isSo: () => boolean, what: string, seconds = 60): Promise<void> {
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain until ${what}`);
}
