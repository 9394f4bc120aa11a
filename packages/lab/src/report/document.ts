import { version } from '../version.js';
import { type Markup, markup } from './markup.js';
import { page, pageTable } from './page.js';
import { type Cell, type Column, emphasize, layOutTable } from './terminal/layout.js';
import { DEFAULT_WIDTH, harmless, type TerminalOptions, truncate, wrap } from './terminal/text.js';

/** A table that is shown in a terminal and on a page: names in the first column, values in the others. */
export interface DocumentTable {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A sentence that deserves attention. */
export interface Remark {
  readonly text: string;
  readonly tone: 'good' | 'bad';
}

/** What a document says of one subject. */
export interface DocumentSection {
  readonly heading: string;
  /** What the section shows and how to read it; on the page only. */
  readonly lead?: string;
  readonly remarks?: readonly Remark[];
  readonly table?: DocumentTable;
  /** Charts, on the page only. */
  readonly charts?: readonly Markup[];
}

/** What a command has found out, for a terminal (`renderText`) and as a page (`renderPage`). */
export interface Document {
  readonly title: string;
  /** On which data, how many samples. */
  readonly subtitle: string;
  readonly sections: readonly DocumentSection[];
}

const SIGNS: Readonly<Record<Remark['tone'], string>> = { good: '✓', bad: '!' };

/** The document for a terminal: its tables and remarks. No line is wider than `width`; ends with a newline. */
export function renderText(document: Document, options: TerminalOptions = {}): string {
  const { width = DEFAULT_WIDTH } = options;
  const line = (text: string) => truncate(harmless(text), width);
  const sections = document.sections.flatMap(({ heading, remarks = [], table }) => [
    '',
    emphasize(line(heading), 'strong', options),
    ...(table ? layOutTable(table.columns, table.rows, options) : []),
    ...remarks.flatMap(({ text, tone }) =>
      wrap(harmless(`${SIGNS[tone]} ${text}`), width).map((each) => emphasize(each, tone, options)),
    ),
  ]);
  const head = [emphasize(line(document.title), 'strong', options), line(document.subtitle)];
  return `${[...head, ...sections].join('\n')}\n`;
}

function cellOf({ text, tone }: Cell): Markup {
  if (tone === 'good' || tone === 'bad') return markup`<b class="${tone}">${text}</b>`;
  return tone === 'strong' ? markup`<b>${text}</b>` : markup`${text}`;
}

function sectionOf({ heading, lead, remarks = [], table, charts = [] }: DocumentSection): Markup {
  const findings = remarks.map(
    ({ text, tone }) => markup`<li><b class="${tone}" aria-hidden="true">${SIGNS[tone]}</b> ${text}</li>\n`,
  );
  return markup`<section>
<h2>${heading}</h2>
${lead === undefined ? null : markup`<p class="lead">${lead}</p>\n`}${findings.length > 0 ? markup`<ul class="findings">\n${findings}</ul>\n` : null}${
  table
    ? pageTable(
        table.columns.map((column) => column.heading.join(' ')),
        table.rows.map((row) => row.map(cellOf)),
      )
    : null
}${charts.length > 0 ? markup`<div class="charts">\n${charts}</div>\n` : null}</section>
`;
}

/**
 * The document as one HTML file that refers to nothing outside itself.
 *
 * @param created when it was made, ISO 8601 with time zone
 */
export function renderPage({ title, subtitle, sections }: Document, created: string): string {
  return page({ title, subtitle, created, software: `@pnn/lab ${version}`, footer: '' }, sections.map(sectionOf));
}
