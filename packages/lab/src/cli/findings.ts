import { join } from 'node:path';
import { writeFileAtomically } from '@pnn/nn/node';
import { encodeJson } from '@pnn/pnn/codec';
import { type Document, renderPage, renderText } from '../report/document.js';
import { terminalOptions } from '../report/terminal/text.js';
import { version } from '../version.js';
import type { Terminal } from './terminal.js';

/** What a command has found out about a network: numbers for programs, and the document that people read. */
export interface Findings {
  /** The command, such as `evaluate`. */
  readonly command: string;
  /** Plain data. */
  readonly record: object;
  readonly document: Document;
}

/** Prints the findings, and writes them into a folder as JSON and as a page, both named after the command. */
export async function publish({ command, record, document }: Findings, out: string, terminal: Terminal): Promise<void> {
  const created = new Date().toISOString();
  const json = encodeJson({ kind: command, version: 1, created, software: `@pnn/lab ${version}`, ...record });
  const write = (name: string, text: string) => writeFileAtomically(join(out, name), new TextEncoder().encode(text));
  await write(`${command}.json`, json);
  await write(`${command}.html`, renderPage(document, created));
  terminal.write(`${renderText(document, terminalOptions(terminal, process.env))}\n`);
  terminal.write(`Report: ${join(out, `${command}.html`)}\n`);
}
