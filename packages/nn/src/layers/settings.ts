/** Numbers, pairs of numbers, flags and words as they are printed. */
function formatSetting(value: unknown): string {
  return Array.isArray(value) ? value.map((each) => (Array.isArray(each) ? `[${each}]` : each)).join(',') : `${value}`;
}

/** The options of these names that were given, as a layer describes itself. */
export function formatSettings(options: object, names: readonly string[]): string[] {
  const given = new Map<string, unknown>(Object.entries(options));
  return names.flatMap((name) => (given.get(name) === undefined ? [] : [`${name} ${formatSetting(given.get(name))}`]));
}
