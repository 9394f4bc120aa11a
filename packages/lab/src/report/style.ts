import { trusted } from './markup.js';

/** The style sheet of a report: light and dark by the reader's preference, always light on paper. */
export const STYLE = trusted(`
:root {
  color-scheme: light;
  --paper: #fbfaf8; --card: #ffffff; --ink: #1c212b; --soft: #596172; --faint: #8b93a1; --rule: #e5e2dc; --grid: #eceae5;
  --good: #14713f; --bad: #b3261e; --mark: #b3261e; --bars: #d3dcea;
  --color-0: #6a7280; --color-1: #1d64c8; --color-2: #bd560c; --color-3: #0b7f6b; --color-4: #7e4cc0;
  --color-5: #b8336f; --color-6: #75720c;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --paper: #14171c; --card: #1a1e25; --ink: #e7e9ee; --soft: #a5adba; --faint: #7c8593; --rule: #2c323c; --grid: #272c35;
    --good: #5fcf92; --bad: #ff8a80; --mark: #ff8a80; --bars: #34435a;
    --color-0: #a2abb9; --color-1: #6fadff; --color-2: #f2a05f; --color-3: #4fcbb0; --color-4: #c19cf7;
    --color-5: #f48bb8; --color-6: #cdc858;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; overflow-wrap: break-word;
}
main { max-width: 1160px; margin: 0 auto; padding: 48px 28px 72px; }
header p, .lead { color: var(--soft); }
header p { margin: 0; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; font-weight: 650; margin: 0 0 6px; text-wrap: balance; }
h2 { font-size: 1.3rem; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; margin: 56px 0 4px; }
h3 { font-size: 1.05rem; font-weight: 650; margin: 32px 0 4px; }
p { margin: 0 0 12px; max-width: 72ch; }
.lead { margin-bottom: 16px; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }

.tiles { display: flex; flex-wrap: wrap; gap: 16px; margin: 28px 0 20px; }
.tile { flex: 1 1 210px; max-width: 360px; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 16px 20px 14px; }
.tile p { margin: 0; color: var(--soft); font-size: 0.92rem; line-height: 1.4; }
.tile .figure { color: var(--ink); font-size: 2.3rem; line-height: 1.2; letter-spacing: -0.02em; font-weight: 600; }
.tile .figure small { font-size: 0.5em; font-weight: 500; letter-spacing: 0; color: var(--soft); }
.tile .name { display: flex; align-items: center; gap: 8px; color: var(--ink); font-weight: 550; }
.tile .name, .tile p { text-wrap: balance; }
.tile p b { color: var(--ink); font-weight: 600; }
.swatch { flex: none; width: 10px; height: 10px; border-radius: 3px; background: var(--color); }

.findings { list-style: none; padding: 0; margin: 0 0 24px; }
.findings li { position: relative; padding-left: 28px; margin: 6px 0; max-width: 88ch; }
.findings li > b:first-child { position: absolute; left: 2px; }
.good { color: var(--good); }
.bad { color: var(--bad); }

.scroll { overflow-x: auto; margin: 0 0 16px; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; line-height: 1.4; }
th, td { padding: 7px 12px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); vertical-align: baseline; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; text-wrap: balance; min-width: 11em; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: 0.85rem; vertical-align: bottom; white-space: normal; }
tbody th { font-weight: 500; }
.settings th, .settings td { text-align: left; white-space: normal; padding-left: 0; }
.settings .differs td { font-weight: 650; }
details { margin: 12px 0; }
summary { cursor: pointer; color: var(--soft); font-size: 0.92rem; }
details[open] summary { margin-bottom: 8px; }

.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 20px 28px; margin: 8px 0 16px; align-items: start; }
.chart { margin: 0; break-inside: avoid; max-width: 410px; }
.chart > svg { display: block; width: 100%; height: auto; overflow: visible; }
figcaption { font-size: 0.92rem; line-height: 1.35; margin-bottom: 6px; }
figcaption b { font-weight: 600; }
figcaption span { color: var(--soft); }
.legend, .notes { list-style: none; padding: 0; margin: 0 0 8px; font-size: 0.86rem; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend svg { flex: none; width: 26px; height: 10px; }
.notes { margin: 4px 0 0; }
.layer { margin: 18px 0 6px; padding-top: 12px; border-top: 1px solid var(--rule); break-inside: avoid; }
.layer header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 16px; margin-bottom: 10px; }
.layer h4 { font-size: 1rem; font-weight: 600; margin: 0; }
.layer header p { font-size: 0.9rem; }

svg text { font-size: 11.5px; fill: var(--soft); font-family: inherit; }
.axis-label { fill: var(--soft); }
.grid { stroke: var(--grid); stroke-width: 1; }
.axis { stroke: var(--faint); stroke-width: 1; }
.line { fill: none; stroke: var(--color); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.dashed { stroke-dasharray: 6 4.5; stroke-width: 1.7; }
.dotted { stroke-dasharray: 0.1 4.2; stroke-width: 2.2; }
.marker { fill: var(--color); stroke: var(--paper); stroke-width: 0.8; }
.spread { fill: none; stroke: var(--color); stroke-width: 1.3; opacity: 0.75; }
svg .row-label { fill: var(--ink); }
svg .edge { fill: var(--color); font-size: 11px; font-weight: 700; }
.reference { stroke: var(--mark); stroke-width: 1.1; stroke-dasharray: 2 3; }
svg .reference-label { fill: var(--mark); font-size: 11px; paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
svg .empty { fill: var(--faint); font-style: italic; }
.bars { fill: var(--bars); }
.cell { stroke: var(--grid); stroke-width: 0.5; }
.cell.right { fill: var(--color-1); }
.cell.wrong { fill: var(--color-2); }
.hover { fill: transparent; }
.hover:hover { fill: var(--soft); fill-opacity: 0.1; }
.color-0 { --color: var(--color-0); } .color-1 { --color: var(--color-1); } .color-2 { --color: var(--color-2); }
.color-3 { --color: var(--color-3); } .color-4 { --color: var(--color-4); } .color-5 { --color: var(--color-5); }
.color-6 { --color: var(--color-6); }

.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 232px), 1fr)); gap: 14px; padding: 0; margin: 8px 0 16px; list-style: none; }
.sample { display: flex; gap: 14px; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px; break-inside: avoid; font-size: 0.88rem; line-height: 1.35; }
.sample img { flex: none; width: 76px; height: 76px; object-fit: contain; image-rendering: pixelated; border-radius: 4px; background: #000; }
.sample .missing { flex: none; width: 76px; height: 76px; border: 1px dashed var(--faint); border-radius: 4px; font-size: 0.75rem; color: var(--soft); padding: 4px; overflow: hidden; }
.sample p { margin: 0; }
.sample .truth { font-weight: 600; }
.sample > div { min-width: 0; flex: 1; }
.sample .guess { margin-top: 6px; }
.guess .who { color: var(--soft); display: block; font-size: 0.93em; }
.probability { display: block; height: 4px; border-radius: 2px; background: var(--grid); margin-top: 3px; overflow: hidden; }
.probability i { display: block; height: 100%; background: var(--color); }

footer { margin-top: 64px; padding-top: 16px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 0.88rem; }
@media (max-width: 560px) {
  main { padding: 28px 16px 48px; }
  h1 { font-size: 1.6rem; }
  h2 { margin-top: 44px; }
}
@media print {
  body { background: none; font-size: 11pt; }
  main { max-width: none; padding: 0; }
  h2, h3, h4 { break-after: avoid; }
  .scroll { overflow: visible; }
  .hover { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  tr { break-inside: avoid; }
  .swatch, .probability, .probability i { print-color-adjust: exact; }
  @page { margin: 16mm; }
}
`);
