import { large, type Machine, openMachine, small } from './machine.js';
import { adapter } from './parts/adapter.js';
import { brief } from './parts/brief.js';
import { cases } from './parts/cases.js';
import { convolutions } from './parts/convolutions.js';
import { functions } from './parts/functions.js';
import { memoryBound } from './parts/memory-bound.js';
import { peaks } from './parts/peaks.js';
import { products } from './parts/products.js';
import { training } from './parts/training.js';
import { Report } from './report.js';

const parts: Readonly<Record<string, (machine: Machine) => Promise<void>>> = {
  adapter,
  brief,
  peaks,
  training,
  products,
  convolutions,
  memoryBound,
  functions,
  cases,
};

/** `main.cjs DIRECTORY [--small] PART...`: runs the parts one after the other, each on a device of its own. */
async function main(): Promise<void> {
  const [directory, ...rest] = process.argv.slice(2);
  const scale = rest.includes('--small') ? small : large;
  const names = rest.filter((argument) => argument !== '--small');
  let failed = false;
  for (const name of names) {
    const part = parts[name];
    if (!directory || !part) throw new Error(`there is no part ${name}: take ${Object.keys(parts).join(', ')}`);
    const report = new Report(directory, name);
    const start = performance.now();
    try {
      await part(await openMachine(scale, report));
    } catch (error) {
      failed = true;
      report.add({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    report.add({ seconds: Math.round((performance.now() - start) / 100) / 10 });
  }
  process.exit(failed ? 1 : 0);
}

void main();
