import { readFileSync } from 'node:fs';

/** The names that a source file exports, types included; those of other packages only if they are named one by one. */
export function exportsOf(file: URL): string[] {
  const source = readFileSync(file, 'utf8');
  const all = [...source.matchAll(/^export (?:type )?\* from '(\.[^']+)\.js';/gm)];
  const named = [...source.matchAll(/^export (?:type )?\{([^}]*)\} from '[^']+';/gm)];
  const declared = source.matchAll(
    /^export (?:abstract |async )*(?:class|function\*?|const|interface|type) ([A-Za-z0-9_]+)/gm,
  );
  const names = [
    ...all.flatMap(([, path]) => exportsOf(new URL(`${path}.ts`, file))),
    ...named.flatMap(([, list]) => list!.split(',').flatMap((name) => name.trim().replace(/^type /, '') || [])),
    ...[...declared].map(([, name]) => name!),
  ];
  return [...new Set(names)];
}

/** The cells of the table under a heading of a README, row by row, without the header. */
export function rowsUnder(readme: URL, heading: string): string[][] {
  const section = readFileSync(readme, 'utf8')
    .split(/^#+ /m)
    .find((text) => text.startsWith(`${heading}\n`))!;
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The names in the table of exports under a heading. */
export function listedUnder(readme: URL, heading: string): string[] {
  return rowsUnder(readme, heading).flatMap((cells) => [...cells[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
}
