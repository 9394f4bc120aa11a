import { readFileSync } from 'node:fs';
import * as nn from '@pnn/nn';
import * as files from '@pnn/nn/node';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../docs/coming-from-pytorch.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (`.*) \| (.*) \| .*\|$/gm)].map(([, theirs, ours]) => ({
  theirs: theirs!,
  ours: ours!,
}));
const exported: Readonly<Record<string, unknown>> = { ...nn, ...files };

/** Whether a name such as `crossEntropy`, or a method such as `Tensor.matmul`, is there. */
function exists(name: string): boolean {
  const [owner, member] = name.split('.') as [string, string | undefined];
  if (!Object.hasOwn(exported, owner)) return false;
  if (member === undefined) return true;
  const { prototype } = exported[owner] as { prototype: object };
  return member in prototype;
}

/** The names of a row as they are in full: `load` is `torch.load` behind `torch.save`, `nn.X` and `Flatten` are one. */
function namesOf(theirs: string): string[] {
  let owner = '';
  return [...theirs.matchAll(/`[^`]+`(?: and `[^`]+`)*/g)].map(([name]) => {
    const own = /^`([\w.]+\.)\w+/.exec(name)?.[1];
    if (own !== undefined) owner = own;
    return own === undefined && /^`\w+`$/.test(name) ? `\`${owner}${name.slice(1)}` : name;
  });
}

describe('docs/coming-from-pytorch.md', () => {
  it('has a table of names', () => {
    expect(rows.length).toBe(page.split('## Names')[1]!.match(/^\| /gm)!.length - 2);
    expect(rows.length).toBeGreaterThan(50);
  });

  it('has every name of PyTorch in one row', () => {
    const names = rows.flatMap(({ theirs }) => namesOf(theirs));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it.each(rows)('$theirs is $ours', ({ ours }) => {
    const names = [...ours.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !exists(name))).toEqual([]);
  });

  it('is checked by a search that does not find everything', () => {
    expect(exists('mseLoss')).toBe(false);
    expect(exists('Tensor.view')).toBe(false);
  });
});
