/**
 * HTML and SVG as text that is escaped by construction: only {@link markup} and {@link trusted} make a `Markup`, and
 * everything interpolated into a template that is not itself `Markup` is escaped.
 */
export class Markup {
  readonly source: string;

  /** Use {@link markup} for templates and {@link trusted} for constants. */
  constructor(source: string) {
    this.source = source;
  }

  /** The text to write to a file. */
  toString(): string {
    return this.source;
  }
}

/** What a template takes: text is escaped, numbers are coordinates (two decimals), `null` is nothing, lists are joined. */
export type Child = string | number | Markup | null | readonly Child[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text with `& < > " '` replaced by character references, safe between tags and in quoted attributes; control
 * characters, which HTML forbids, become U+FFFD.
 */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!).replace(/[^\P{Cc}\n\t]/gu, '\uFFFD');
}

/** Tagged template for HTML and SVG: ``markup`<p title="${name}">${text}</p>` ``; attributes must be quoted. */
export function markup(strings: TemplateStringsArray, ...children: readonly Child[]): Markup {
  return new Markup(strings.reduce((source, string, index) => source + sourceOf(children[index - 1] ?? null) + string));
}

/** Marks a constant of this package, such as a style sheet, as markup. Never for data. */
export function trusted(source: string): Markup {
  return new Markup(source);
}

function sourceOf(child: Child): string {
  if (child === null) return '';
  if (child instanceof Markup) return child.source;
  if (typeof child === 'string') return escapeText(child);
  if (typeof child === 'number') return String(Math.round(child * 100) / 100);
  return child.map(sourceOf).join('');
}
