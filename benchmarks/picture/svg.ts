const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A number as short as a picture needs it. */
function short(value: number): string {
  return `${Number(value.toFixed(1))}`;
}

/** Text that is not taken for markup. */
function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => escapes[character]!);
}

/** An element of a picture; `undefined` attributes are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...content: readonly string[]
): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === 'number' ? short(value) : escaped(value)}"`],
  );
  return `<${name}${written.join('')}>${content.join('')}</${name}>`;
}

/** Text at a place, in a style of the sheet. */
export function text(x: number, y: number, content: string, style?: string, anchor?: 'middle' | 'end'): string {
  return element('text', { x, y, class: style, 'text-anchor': anchor }, escaped(content));
}

/** A straight line. */
export function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return element('line', { x1, y1, x2, y2, class: style });
}

/** A position for every number, by its logarithm. */
export function logScale(
  domain: readonly [number, number],
  range: readonly [number, number],
): (value: number) => number {
  const [low, high] = domain.map(Math.log) as [number, number];
  return (value) => range[0] + ((Math.log(value) - low) / (high - low)) * (range[1] - range[0]);
}

/** The powers of ten in a domain. */
export function powersOfTen([low, high]: readonly [number, number]): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const count = Math.floor(Math.log10(high) + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => 10 ** (first + i));
}

/** A duration in the unit that suits it, to two digits. */
export function durationText(seconds: number): string {
  const rounded = (value: number) => `${Number(value.toPrecision(2))}`;
  if (seconds >= 1) return `${rounded(seconds)} s`;
  return seconds >= 1e-3 ? `${rounded(1e3 * seconds)} ms` : `${rounded(1e6 * seconds)} µs`;
}
