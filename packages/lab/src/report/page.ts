import { formatDate } from './format.js';
import type { Child, Markup } from './markup.js';
import { markup } from './markup.js';
import { STYLE } from './style.js';

/** No script runs and nothing is loaded, whatever a record may contain. */
const SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** What a page says of itself. */
export interface PageOptions {
  readonly title: string;
  /** Under the title. */
  readonly subtitle: string;
  /** When its content was made, ISO 8601 with time zone. */
  readonly created: string;
  /** The package and its version. */
  readonly software: string;
  /** What the footer says besides. */
  readonly footer: string;
}

/**
 * A page as one HTML file that refers to nothing outside itself, needs no script and follows the reader's light or dark
 * preference.
 */
export function page({ title, subtitle, created, software, footer }: PageOptions, content: Child): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p>${subtitle}</p>
</header>
${content}
<footer><p>Made by ${software}, <time datetime="${created}">${formatDate(created)}</time>. ${footer}</p></footer>
</main>
</body>
</html>
`.source;
}

/** A table of a page: names in the first column, values in the others. */
export function pageTable(headings: readonly string[], rows: readonly (readonly (string | Markup)[])[]): Markup {
  return markup`<div class="scroll" tabindex="0"><table>
<thead><tr>${headings.map((heading) => markup`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>
${rows.map(([name = '', ...values]) => markup`<tr><th scope="row">${name}</th>${values.map((value) => markup`<td>${value}</td>`)}</tr>\n`)}</tbody>
</table></div>
`;
}
