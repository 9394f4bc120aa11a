/** What a chart shows: lines over the steps of a training, and a limit that they are compared with. */
export interface Chart {
  readonly lines: readonly { readonly label: string; readonly values: readonly number[] }[];
  readonly limit?: { readonly label: string; readonly value: number };
}

const WIDTH = 480;
const HEIGHT = 292;
const LEFT = 44;
const RIGHT = 470;
const TOP = 14;
const BOTTOM = 240;

/** 1, 2 or 5 times a power of ten: what divides a range in about five. */
function stepFor(range: number): number {
  const power = 10 ** Math.floor(Math.log10(range / 5));
  return power * ([1, 2, 5].find((factor) => factor * power >= range / 5) ?? 10);
}

/** The chart as SVG. */
export function drawChart({ lines, limit }: Chart): string {
  const steps = Math.max(2, ...lines.map(({ values }) => values.length));
  const highest = Math.max(limit ? limit.value * 1.08 : 0, ...lines.flatMap(({ values }) => values), 1e-3);
  const step = stepFor(highest);
  const top = Math.ceil(highest / step) * step;
  const x = (index: number) => LEFT + ((RIGHT - LEFT) * index) / (steps - 1);
  const y = (value: number) => BOTTOM - ((BOTTOM - TOP) * value) / top;
  const parts: string[] = [];
  for (let i = 0; i * step <= top + step / 2; i++) {
    const at = y(i * step);
    parts.push(`<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${Number((i * step).toPrecision(3))}</text>`);
  }
  const every = Math.max(1, stepFor(steps - 1));
  for (let at = 0; at < steps; at += every) {
    parts.push(`<text x="${x(at)}" y="${BOTTOM + 18}" text-anchor="middle">${at}</text>`);
  }
  if (limit) {
    const at = y(limit.value);
    parts.push(`<line class="limit" x1="${LEFT}" x2="${RIGHT}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text class="limit-label" x="${LEFT + 6}" y="${at - 5}">${limit.label}</text>`);
  }
  lines.forEach(({ label, values }, i) => {
    const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    parts.push(`<polyline class="line line-${i}" points="${points}"/>`);
    if (lines.length > 1) {
      const place = `x="${LEFT + 8 + 130 * i}" y="${HEIGHT - 4}"`;
      parts.push(`<text class="label-${i}" ${place}>— ${label}</text>`);
    }
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${parts.join('')}</svg>`;
}
