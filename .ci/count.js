// Prints "N passed, N failed" from vitest's JSON and ends with status 1 unless all went well.
import { existsSync, readFileSync } from 'node:fs';

const [status, ...files] = process.argv.slice(2);
const nothing = { numPassedTests: 0, numFailedTests: 0, testResults: [] };
const reports = files.map((file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : nothing));
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const numPassedTests = sum(reports.map((report) => report.numPassedTests));
const numFailedTests = sum(reports.map((report) => report.numFailedTests));
const testResults = reports.flatMap((report) => report.testResults);

// A file that cannot be loaded has no tests that could fail, and errors outside of tests only show in the status.
const broken = testResults.filter(
  (result) => result.status === 'failed' && !result.assertionResults.some((each) => each.status === 'failed'),
);
const found = numFailedTests + broken.length;
const failed = found === 0 && status !== '0' ? 1 : found;

console.log(`${numPassedTests} passed, ${failed} failed`);
process.exitCode = failed === 0 && numPassedTests > 0 ? 0 : 1;
