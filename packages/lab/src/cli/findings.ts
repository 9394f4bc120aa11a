import { join } from 'node:path';
import { writeFileAtomically } from '@pnn/nn/node';
import { encodeJson } from '@pnn/pnn/codec';
import { type Document, renderPage, renderText } from '../report/document.js';
import { terminalOptions } from '../report/terminal/text.js';
import { FINDINGS_VERSION, type FindingRecords } from '../trained/findings.js';
import { version } from '../version.js';
import type { Terminal } from './terminal.js';

/** What commands write, by their names. */
interface PublishedRecords extends FindingRecords {
  readonly encrypt: object;
}

/** What a command has found out about a network: numbers for programs, and the document that people read. */
export interface Publication<Kind extends keyof PublishedRecords> {
  readonly command: Kind;
  /** Plain data. */
  readonly record: PublishedRecords[Kind];
  readonly document: Document;
}

/** Prints the findings, and writes them into a folder as JSON and as a page, both named after the command. */
export async function publish<Kind extends keyof PublishedRecords>(
  { command, record, document }: Publication<Kind>,
  out: string,
  terminal: Terminal,
): Promise<void> {
  const created = new Date().toISOString();
  const json = encodeJson({
    kind: command,
    version: FINDINGS_VERSION,
    created,
    software: `@pnn/lab ${version}`,
    ...record,
  });
  const write = (name: string, text: string) => writeFileAtomically(join(out, name), new TextEncoder().encode(text));
  await write(`${command}.json`, json);
  await write(`${command}.html`, renderPage(document, created));
  terminal.write(`${renderText(document, terminalOptions(terminal, process.env))}\n`);
  terminal.write(`Report: ${join(out, `${command}.html`)}\n`);
}
