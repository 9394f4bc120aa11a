import { readFileSync, writeFileSync } from 'node:fs';
import { drawReport } from './picture/picture.js';
import type { Report } from './results.js';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  console.error('bench:picture: npm run bench:picture -- RESULTS.json PICTURE.svg');
  process.exitCode = 2;
} else {
  const report = JSON.parse(readFileSync(from, 'utf8')) as Report;
  if (report.environment?.quick) {
    console.error(`bench:picture: ${from} was measured with --quick, which shows nothing: measure without it`);
    process.exitCode = 2;
  } else if (report.version === 2 && report.results.length > 0) {
    writeFileSync(to, drawReport(report));
  } else {
    console.error(`bench:picture: ${from} has no results of npm run bench -- --json`);
    process.exitCode = 2;
  }
}
