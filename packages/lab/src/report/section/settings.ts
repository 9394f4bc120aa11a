import { formatCount, formatNumber, NOT_MEASURED } from '../format.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { Report, RunRecord, SettingValue } from '../record.js';

/** All settings of all runs side by side; rows in which the runs differ stand out. */
export function settingsSection({ runs }: Report): Markup {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.settings)))];
  const rows: [string, string[]][] = [
    ['device', runs.map((run) => run.device)],
    ['seed', runs.map((run) => String(run.seed))],
    ['parameters', runs.map((run) => formatCount(run.parameters))],
    ['gradients clipped to norm', runs.map((run) => formatNumber(run.clipNorm))],
    ...names.map((name): [string, string[]] => [name, runs.map((run) => settingOf(run, name))]),
  ];
  return markup`<section>
<h2>Settings</h2>
<div class="scroll" tabindex="0"><table class="settings">
<thead><tr><th scope="col">setting</th>${runs.map((run) => markup`<th scope="col">${run.name}</th>`)}</tr></thead>
<tbody>
${rows.map(([name, values]) => row(name, values))}</tbody>
</table></div>
${runs.length > 1 ? markup`<p class="lead">Bold: the runs differ.</p>\n` : null}</section>
`;
}

function row(name: string, values: readonly string[]): Markup {
  const differs = new Set(values).size > 1;
  return markup`<tr${differs ? markup` class="differs"` : null}><th scope="row">${name}</th>${values.map((value) => markup`<td>${value}</td>`)}</tr>\n`;
}

function settingOf(run: RunRecord, name: string): string {
  return Object.hasOwn(run.settings, name) ? formatSetting(run.settings[name]!) : NOT_MEASURED;
}

function formatSetting(value: SettingValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? formatNumber(value, 6) : value;
}
