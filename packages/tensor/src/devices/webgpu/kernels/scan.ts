import type { Kernels, Operand } from '../../../kernels.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import type { ScalarType } from '../wgsl/program.js';

const GROUP = 64;
/** Lines are cut until so many invocations share the work. */
const INVOCATIONS = 2 ** 14;
/** The least places of a part. */
const SHORT = 64;

interface ScanVariant {
  readonly [key: string]: string | number | boolean;
  readonly type: ScalarType;
  readonly hasFactors: boolean;
  readonly hasTerms: boolean;
  /** Whether a part goes on from what all before it come to. */
  readonly carries: boolean;
}

/** The line and the part of an invocation, `place(l)` of the l-th place on the way, and where the part begins and ends. */
const way = `if (index >= p.count) { return; }
let line = index / p.parts;
let part = index % p.parts;
let first = line / p.inner * p.length * p.inner + line % p.inner;
let begin = part * p.partLength;
let end = min(begin + p.partLength, p.length);`;

const wayParameters = {
  count: 'u32',
  length: 'u32',
  inner: 'u32',
  parts: 'u32',
  partLength: 'u32',
  reverse: 'u32',
} as const;

const place = 'fn place(l: u32) -> u32 { return select(l, p.length - 1u - l, p.reverse == 1u) * p.inner; }';

/** A part of a line an invocation: every place is made from the one before. */
const scanning = kernel('scan', ({ type, hasFactors, hasTerms, carries }: ScanVariant) => {
  const start = hasTerms ? 'terms[at]' : 'factors[at]';
  const product = hasFactors ? 'factors[at] * y' : 'y';
  return {
    reads: {
      ...(hasFactors ? { factors: type } : {}),
      ...(hasTerms ? { terms: type } : {}),
      ...(carries ? { sums: type } : {}),
    },
    writes: { out: type },
    parameters: wayParameters,
    workgroupSize: GROUP,
    declarations: place,
    body: `${way}
var y = ${type}(0);
${carries ? 'for (var before = 0u; before < part; before++) { y += sums[line * p.parts + before]; }' : ''}
for (var l = begin; l < end; l++) {
  let at = first + place(l);
  if (l == 0u) { y = ${start}; } else { y = ${product}${hasTerms ? ' + terms[at]' : ''}; }
  out[at] = y;
}`,
  };
});

const summing = kernel('scan sums', ({ type }: { type: ScalarType }) => ({
  reads: { terms: type },
  writes: { sums: type },
  parameters: wayParameters,
  workgroupSize: GROUP,
  declarations: place,
  body: `${way}
var sum = ${type}(0);
for (var l = begin; l < end; l++) { sum += terms[first + place(l)]; }
sums[index] = sum;`,
}));

/**
 * Scans, a line an invocation. Lines of sums are cut into parts, which begin with the sums of the parts before; with factors
 * they are not, as products of parts may overflow where the results do not.
 */
export function scanKernels(executor: Executor): Pick<Kernels, 'scan'> {
  return {
    scan(factors, terms, out, { outer, length, inner }, reverse) {
      if (out.size === 0) return;
      const lines = outer * inner;
      const most = factors ? 1 : Math.max(1, Math.floor(length / SHORT));
      const wanted = Math.min(most, Math.ceil(INVOCATIONS / lines), Math.ceil(Math.sqrt(length)));
      const partLength = Math.ceil(length / wanted);
      const parts = Math.ceil(length / partLength);
      const type = scalarType(out);
      const count = lines * parts;
      const both = {
        parameters: { count, length, inner, parts, partLength, reverse: Number(reverse) },
        groups: Math.ceil(count / GROUP),
        operations: out.size,
      };
      const operands = [...(factors ? [factors] : []), ...(terms ? [terms] : [])];
      const scan = (sums: Operand | undefined): void => {
        const variant = { type, hasFactors: factors !== undefined, hasTerms: terms !== undefined };
        const reads = sums ? [...operands, sums] : operands;
        executor.run(scanning, { ...variant, carries: sums !== undefined }, { ...both, reads, writes: [out] });
      };
      if (parts === 1) {
        scan(undefined);
        return;
      }
      executor.withTemporary(out.dtype, count, (sums) => {
        executor.run(summing, { type }, { ...both, reads: operands, writes: [sums] });
        scan(sums);
      });
    },
  };
}
