import { readFileSync, writeFileSync } from 'node:fs';
import { drawReport } from './picture/picture.js';
import type { Report } from './results.js';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  console.error('bench:picture: npm run bench:picture -- RESULTS.json PICTURE.svg');
  process.exitCode = 2;
} else {
  try {
    const report = JSON.parse(readFileSync(from, 'utf8')) as Report;
    if (report.environment?.quick)
      throw new Error('was measured with --quick, which shows nothing: measure without it');
    if (report.version !== 2 || report.results.length === 0)
      throw new Error('has no results of npm run bench -- --json');
    writeFileSync(to, drawReport(report));
  } catch (error) {
    console.error(`bench:picture: ${from}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  }
}
