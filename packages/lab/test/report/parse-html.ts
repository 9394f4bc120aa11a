/** An element as it was opened. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Names of the elements around it, outermost first. */
  readonly path: readonly string[];
}

const VOID = new Set(['meta', 'img', 'br', 'hr', 'input', 'link']);

/**
 * The elements of strict HTML and SVG in their order.
 *
 * @throws Error if a tag is malformed, an attribute is not quoted or occurs twice, or the tags do not balance.
 */
export function parseHtml(source: string): Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  const body = source.replace(/^<!doctype html>/, '').replace(/<style>[^<]*<\/style>/g, '');
  for (const piece of body.split(/(?=<)/)) {
    if (!piece.startsWith('<')) continue;
    const match = /^<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)\s*(\/?)>[^>]*$/.exec(piece);
    if (match === null) throw new Error(`malformed tag: ${piece.slice(0, 120)}`);
    const [, closing, name = '', attributeText = '', selfClosing] = match;
    if (closing === '/') {
      const expected = open.pop();
      if (expected !== name) throw new Error(`</${name}> closes <${expected}>`);
      continue;
    }
    const pairs = [...attributeText.matchAll(/([a-zA-Z][a-zA-Z0-9-]*)(?:="([^"]*)")?/g)].map(
      ([, key = '', value = '']) => [key, value],
    );
    const attributes = Object.fromEntries(pairs) as Record<string, string>;
    if (Object.keys(attributes).length !== pairs.length) throw new Error(`an attribute occurs twice: ${piece}`);
    elements.push({ name, attributes, path: [...open] });
    if (selfClosing !== '/' && !VOID.has(name)) open.push(name);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(' ')}`);
  return elements;
}

/** What a reader sees of text that was escaped. */
export function unescapeText(text: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&([a-z]+|#39);/g, (reference, name: string) => characters[name] ?? reference);
}

const GEOMETRY = ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height', 'd', 'viewBox', 'style'];

/** The values of all attributes that place something, which must hold finite numbers only. */
export function geometryOf(elements: readonly Element[]): string[] {
  return elements.flatMap(({ attributes }) => GEOMETRY.flatMap((name) => attributes[name] ?? []));
}
