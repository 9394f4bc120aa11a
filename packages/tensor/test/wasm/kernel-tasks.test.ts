import { expect, test } from 'vitest';

const script = new URL('../../scripts/kernel-tasks.js', import.meta.url).href;
const { tasksSource } = (await import(script)) as {
  tasksSource(sources: readonly string[], exported: readonly string[]): string;
};

const base = `
@unmanaged
export class Sizes {
  /** Counted in rows. */
  rows: f64;
  columns: f64;
}
`;
const kernel = `
/** What there is to do. */
enum Operation {
  add,
  mul,
}

@unmanaged
export class Fill extends Sizes {
  out: f64;
}

export function fillBlocks(fields: Fill): i32 {
  return 1;
}

export function fill(fields: Fill, block: i32): void {}
`;

test('fields are written in the order of their class, those of its base first', () => {
  const source = tasksSource([kernel, base], ['fillBlocks', 'fill']);
  expect(source).toContain('task[0] = fields.rows;\n  task[1] = fields.columns;\n  task[2] = fields.out;\n');
  expect(source).toContain(
    'export interface Sizes {\n  /** Counted in rows. */\n  rows: number;\n  columns: number;\n}',
  );
  expect(source).toContain('export interface Fill extends Sizes {\n  out: number;\n}');
  expect(source).toContain('  readonly fill: Fill;\n');
  expect(source).toContain('MAX_FIELDS = 3;');
});

test('operations have the numbers of their enumeration', () => {
  expect(tasksSource([kernel, base], ['fill'])).toContain(
    '/** What there is to do. */\nexport const operations = {\n  add: 0,\n  mul: 1,\n} as const;',
  );
});

test.each([
  ['says nothing of what it is told', 'export function fill(task: usize): void {}', 'fill must begin with a parameter'],
  [
    'is told other fields than its kernel',
    `${kernel.replace('fillBlocks(fields: Fill)', 'fillBlocks(fields: Sizes)')}${base}`,
    'fillBlocks is told Sizes, but fill Fill',
  ],
  [
    'has a field that is no f64',
    `${kernel}${base.replace('columns: f64', 'columns: i32')}`.replaceAll('fields: Fill', 'fields: Sizes'),
    'must begin with a parameter of an @unmanaged class of f64',
  ],
  ['chooses numbers of its own for operations', `${base}${kernel.replace('  mul,', '  mul = 4,')}`, 'enum Operation'],
])('a kernel is refused that %s', (_, source, message) => {
  expect(() =>
    tasksSource(
      [source],
      ['fillBlocks', 'fill'].filter((name) => source.includes(name)),
    ),
  ).toThrow(message);
});
