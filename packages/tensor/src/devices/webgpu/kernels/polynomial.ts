import type { Kernels, Operand, Penalty, PolynomialActivationForm } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { kernel } from '../pipelines.js';
import { channelWalk, overPart, walkParameters, walkValues } from '../wgsl/channels.js';
import { penaltyDeclarations, penaltyParameters, penaltyValues } from '../wgsl/penalty.js';
import { derivativeAtEdge, derivativeOf, type PolynomialShape } from '../wgsl/polynomial-basis.js';
import { FOLDING, foldGroup } from '../wgsl/reduce.js';
import { fill } from './elementwise.js';
import { reduce } from './reduction.js';

/** Coefficients whose gradients are summed up in shared memory at a time. */
const SUMMED = 24;

/** What the source of a polynomial depends on. */
interface PolynomialVariant extends PolynomialShape {
  readonly [key: string]: string | number | boolean;
  readonly width: 1 | 4;
  readonly byChannel: boolean;
  /** Whether lanes of the last vector lie behind the last element. */
  readonly ragged: boolean;
  readonly outside: PolynomialActivationForm['outside'];
  readonly penalty: Penalty['form'] | 'none';
  /**
   * Whether penalties are summed up afterwards, over the parts that have some: a processor that stands in for a GPU computes
   * both sides of a branch, but no loop without rounds.
   */
  readonly later: boolean;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** `V` is a vector of elements, or an element; `U`, `I` and `B` are their bits, integers and truth values. */
function declarationsOf({ width, penalty }: PolynomialVariant): string {
  const aliases =
    width === 4
      ? 'alias V = vec4<f32>;\nalias U = vec4<u32>;\nalias I = vec4<i32>;\nalias B = vec4<bool>;'
      : 'alias V = f32;\nalias U = u32;\nalias I = i32;\nalias B = bool;';
  return `${aliases}\n${penalty === 'none' ? '' : penaltyDeclarations(penalty)}`;
}

const lanesOf = (width: 1 | 4): readonly string[] => (width === 1 ? [''] : ['.x', '.y', '.z', '.w']);

const sumOf = (width: 1 | 4, name: string): string =>
  width === 1 ? name : `((${name}.x + ${name}.y) + (${name}.z + ${name}.w))`;

const coefficientsOf = ({ terms, byChannel }: PolynomialVariant): string =>
  range(terms)
    .map((k) => `let c${k} = coefficients[${byChannel ? `block / p.parts * ${terms}u + ` : ''}${k}u];`)
    .join('\n');

/** Statements that declare what `value` is: its bits without the sign, and which lanes are elements of x. */
const input = ({ ragged }: PolynomialVariant): string => `  let bits = bitcast<U>(value) & U(0x7fffffffu);
  let size = bitcast<V>(bits);
  let isNumber = bits <= U(0x7f800000u);
  let isElement = ${ragged ? 'at * 4u + U(0u, 1u, 2u, 3u) < U(p.count)' : 'B(true)'};
  let isBeyond = bits > U(bitcast<u32>(p.bound));`;

/** Whether elements of such sizes have a penalty. By the tenth power all have, and that of NaN is NaN. */
const isDue = ({ penalty }: PolynomialVariant, size: string): string =>
  penalty === 'power' ? 'true' : `any(${size} > V(p.limit))`;

/** Where the polynomial is evaluated, t = edge/B, and what the powers are taken of. */
const point = ({ outside, basis }: PolynomialVariant): string => `
  let edge = ${outside === 'tangent' ? 'clamp(value, V(-p.bound), V(p.bound))' : 'value'};
  let t = edge / p.bound;
  let s = ${basis === 'monomial' ? 't' : '2.0 * t * t - 1.0'};
  let u = ${basis === 'twice-even-odd' ? '2.0 * s * s - 1.0' : 's * s'};`;

/** Horner's method for coefficients, those of the lowest power first. */
function horner(name: string, coefficients: readonly string[], variable: string): string {
  if (coefficients.length === 0) return `let ${name} = V(0.0);`;
  const lines = [`var ${name} = V(${coefficients.at(-1)});`];
  for (const c of coefficients.slice(0, -1).reverse()) lines.push(`${name} = fma(${name}, ${variable}, V(${c}));`);
  return lines.join('\n');
}

/** One part of a polynomial, E or O. */
function part({ basis }: PolynomialVariant, name: string, coefficients: readonly string[]): string {
  if (basis !== 'twice-even-odd') return horner(name, coefficients, 's');
  // A(u) + s·B(u).
  const [a, b] = [`${name}First`, `${name}Second`];
  const ofParity = (parity: number) => coefficients.filter((_, k) => k % 2 === parity);
  return `${horner(a, ofParity(0), 'u')}
${horner(b, ofParity(1), 'u')}
let ${name} = fma(s, ${b}, ${a});`;
}

const named = (name: string, count: number, first = 0): string[] => range(count).map((k) => `${name}${first + k}`);

/** The sum of what the factors multiply. */
function combined(factors: ReadonlyMap<number, number>, name: string): string {
  return [...factors].map(([k, factor]) => `${factor.toFixed(1)} * ${name}${k}`).join(' + ') || '0.0';
}

/** Statements that declare `slopeAbove` and `slopeBelow`, p′ at the bounds: beyond them its tangents go on. */
const edgeSlopes = (
  variant: PolynomialVariant,
): string => `let slopeAbove = (${combined(derivativeAtEdge(variant, 1), 'c')}) / p.bound;
let slopeBelow = (${combined(derivativeAtEdge(variant, -1), 'c')}) / p.bound;`;

/** Statements that declare the coefficients of p′. */
function slopeCoefficients(variant: PolynomialVariant): string {
  const { even, odd } = derivativeOf(variant);
  return [
    ...even.map((factors, k) => `let evenSlope${k} = (${combined(factors, 'c')}) / p.bound;`),
    ...odd.map((factors, k) => `let oddSlope${k} = (${combined(factors, 'c')}) / p.bound;`),
  ].join('\n');
}

/** Statements that declare `slope`, p′(edge). */
function slope(variant: PolynomialVariant): string {
  const { even, odd } = derivativeOf(variant);
  return `${part(variant, 'even', named('evenSlope', even.length))}
${part(variant, 'odd', named('oddSlope', odd.length))}
let slope = fma(t, odd, even);`;
}

function parametersOf({ penalty }: PolynomialVariant) {
  return { ...walkParameters, bound: 'f32', ...(penalty === 'none' ? {} : penaltyParameters) } as const;
}

/** The sum of the penalties, max |x| as bits, how many lie beyond the bound, and how many are not finite. */
const merging = `fn merged(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  return vec4<u32>(bitcast<u32>(bitcast<f32>(a.x) + bitcast<f32>(b.x)), max(a.y, b.y), a.z + b.z, a.w + b.w);
}
var<workgroup> folded: array<vec4<u32>, ${FOLDING}>;`;

/** Value, penalty and range in one pass. */
const evaluating = kernel('polynomial', (variant: PolynomialVariant) => {
  const { width, outside, penalty, evenTerms, terms, later } = variant;
  const vector = width === 4 ? 'vec4<f32>' : 'f32';
  const total = (name: string): string => sumOf(width, name);
  const addPenalty = `penalties += select(V(0.0), select(size, penaltyAt(size), isNumber), isElement${
    penalty === 'power' ? '' : ' & isNumber'
  });`;
  const greatest = width === 1 ? 'largest' : 'max(max(largest.x, largest.y), max(largest.z, largest.w))';
  return {
    reads: { x: vector, coefficients: 'f32' },
    writes: { out: vector, partial: 'vec4<u32>' },
    parameters: parametersOf(variant),
    workgroupSize: FOLDING,
    declarations: `${declarationsOf(variant)}\n${merging}`,
    body: `${coefficientsOf(variant)}
${outside === 'tangent' ? edgeSlopes(variant) : ''}
var penalties = V(0.0);
var largest = U(0u);
var beyond = U(0u);
var notFinite = U(0u);
${overPart(
  { value: 'x' },
  `${input(variant)}
  largest = max(largest, select(U(0u), bits, isElement & isNumber));
  beyond += select(U(0u), U(1u), isElement & isNumber & isBeyond);
  notFinite += select(U(0u), U(1u), isElement & (bits >= U(0x7f800000u)));
  ${penalty === 'none' || later ? '' : `if (${isDue(variant, 'size')}) { ${addPenalty} }`}
${point(variant)}
${part(variant, 'even', named('c', evenTerms))}
${part(variant, 'odd', named('c', terms - evenTerms, evenTerms))}
  var result = fma(t, odd, even);
${
  outside === 'tangent'
    ? '  result += select(V(0.0), (value - edge) * select(V(slopeBelow), V(slopeAbove), value > V(0.0)), isBeyond);'
    : ''
}
  out[at] = select(value, result, isNumber);`,
)}
${later ? overPart({ value: 'x' }, `${input(variant)}\n${addPenalty}`, isDue(variant, 'bitcast<V>(largest)')) : ''}
let own = vec4<u32>(bitcast<u32>(${total('penalties')}), ${greatest}, ${total('beyond')}, ${total('notFinite')});
${foldGroup('folded', 'own', (a, b) => `merged(${a}, ${b})`)}
if (local == 0u) { partial[block] = folded[0]; }`,
  };
});

const ranging = kernel('polynomial range', () => ({
  reads: { partial: 'vec4<u32>' },
  writes: { penalty: 'f32', range: 'f32' },
  parameters: { parts: 'u32', elements: 'f32' },
  workgroupSize: FOLDING,
  declarations: merging,
  body: `var own = vec4<u32>(0u);
for (var part = local; part < p.parts; part += ${FOLDING}u) { own = merged(own, partial[part]); }
${foldGroup('folded', 'own', (a, b) => `merged(${a}, ${b})`)}
if (local > 0u) { return; }
let all = folded[0];
penalty[0] = bitcast<f32>(all.x) / p.elements;
range[0] = bitcast<f32>(all.y);
range[1] = f32(all.z);
range[2] = f32(all.w);`,
}));

interface GradientVariant extends PolynomialVariant {
  readonly hasGradient: boolean;
  readonly learnable: boolean;
}

/**
 * Statements that add weight·∂p/∂c_k to the sums of all coefficients: two basis functions in a row are a power of u, and s times
 * it (u is s² where the parts are not split once more).
 */
function accumulate({ evenTerms, terms, width }: GradientVariant): string {
  const lines: string[] = [];
  const add = (start: string, first: number, end: number): void => {
    if (first === end) return;
    lines.push(`{ var power = ${start};`);
    for (let k = first; k < end; k++) {
      const isSecond = (k - first) % 2 === 1;
      if (!isSecond) {
        lines.push(`sum${k} += ${sumOf(width, 'power')};`);
        continue;
      }
      for (const lane of lanesOf(width)) lines.push(`sum${k} = fma(power${lane}, s${lane}, sum${k});`);
      if (k < end - 1) lines.push('power *= u;');
    }
    lines.push('}');
  };
  add('weight', 0, evenTerms);
  add('weight * t', evenTerms, terms);
  return lines.join('\n');
}

/** Statements that sum up weight·(value − edge) above and below the bounds, where the tangents go on. */
const accumulateBeyond = ({ width }: GradientVariant): string => `if (any(isBeyond)) {
  let further = select(V(0.0), weight * (value - edge), isBeyond);
  let above = select(V(0.0), further, value > V(0.0));
  let below = select(further, V(0.0), value > V(0.0));
  sumAbove += ${sumOf(width, 'above')};
  sumBelow += ${sumOf(width, 'below')};
}`;

/** Statements that add what these sums are times ∂p′/∂c_k at the bounds. */
function addBeyond(variant: GradientVariant): string {
  const [above, below] = [derivativeAtEdge(variant, 1), derivativeAtEdge(variant, -1)];
  return range(variant.terms)
    .filter((k) => above.has(k))
    .map((k) => {
      const [up, down] = [above.get(k)!, below.get(k)!].map((factor) => factor.toFixed(1));
      return `sum${k} += (${up} * sumAbove + ${down} * sumBelow) / p.bound;`;
    })
    .join('\n');
}

/** Statements that put the sums of the invocations together, in their order, and store them. */
function storeSums({ terms }: GradientVariant): string {
  const chunks = range(Math.ceil(terms / SUMMED)).map((chunk) => {
    const first = chunk * SUMMED;
    const count = Math.min(SUMMED, terms - first);
    // Neighbors that add up are one place more than a row apart, in other banks.
    return `${range(count)
      .map((k) => `sums[${k * (FOLDING + 1)}u + local] = sum${first + k};`)
      .join('\n')}
workgroupBarrier();
if (local < ${count}u) {
  var total = 0.0;
  for (var i = 0u; i < ${FOLDING}u; i++) { total += sums[local * ${FOLDING + 1}u + i]; }
  partial[block * ${terms}u + ${first}u + local] = total;
}
workgroupBarrier();`;
  });
  return chunks.join('\n');
}

/** Gradients of x, and partial sums of those of the coefficients, in one pass. */
const differentiating = kernel('polynomialGradient', (variant: GradientVariant) => {
  const { width, outside, penalty, hasGradient, learnable, terms } = variant;
  const hasTangent = learnable && outside === 'tangent';
  const vector = width === 4 ? 'vec4<f32>' : 'f32';
  return {
    reads: {
      x: vector,
      ...(hasGradient ? { gradient: vector, coefficients: 'f32' } : {}),
      ...(penalty === 'none' ? {} : { penaltyGradient: 'f32' }),
    },
    writes: { out: vector, ...(learnable ? { partial: 'f32' } : {}) },
    parameters: { ...parametersOf(variant), elements: 'f32' as const },
    workgroupSize: FOLDING,
    declarations: `${declarationsOf(variant)}
${learnable ? `var<workgroup> sums: array<f32, ${Math.min(SUMMED, terms) * (FOLDING + 1)}>;` : ''}`,
    body: `${hasGradient ? `${coefficientsOf(variant)}\n${slopeCoefficients(variant)}` : ''}
${
  learnable
    ? range(terms)
        .map((k) => `var sum${k} = 0.0;`)
        .join('\n')
    : ''
}
${hasTangent ? 'var sumAbove = 0.0;\nvar sumBelow = 0.0;' : ''}
${penalty === 'none' ? '' : 'let share = penaltyGradient[0] / p.elements;'}
${overPart(
  { value: 'x', ...(hasGradient ? { incoming: 'gradient' } : {}) },
  `${input(variant)}
  var total = V(0.0);
${
  penalty === 'none'
    ? ''
    : `  if (${isDue(variant, 'size')}) {
    let steep = share * penaltySlopeAt(size);
    total = select(select(V(0.0), -steep, value < V(0.0)), steep, value > V(0.0));
  }`
}
${
  hasGradient
    ? `${point(variant)}
${slope(variant)}
  let weight = select(V(0.0), incoming, isElement);
  total = fma(weight, slope, total);
${learnable ? accumulate(variant) : ''}
${hasTangent ? accumulateBeyond(variant) : ''}`
    : ''
}
  out[at] = select(value, total, isNumber);`,
)}
${hasTangent ? addBeyond(variant) : ''}
${learnable ? storeSums(variant) : ''}`,
  };
});

function variantOf(executor: Executor, x: Operand, coefficients: Operand, form: PolynomialActivationForm) {
  const byChannel = coefficients.shape.length === 2;
  const walk = channelWalk(executor, x, byChannel);
  const { basis, evenTerms, outside, penalty } = form;
  const variant: PolynomialVariant = {
    width: walk.width,
    byChannel,
    ragged: x.size % walk.width !== 0,
    terms: coefficients.shape.at(-1)!,
    evenTerms: basis === 'monomial' ? coefficients.shape.at(-1)! : evenTerms,
    basis,
    outside,
    penalty: penalty ? penalty.form : 'none',
    later: executor.isSoftware && penalty !== undefined && penalty.form !== 'power',
  };
  return { walk, variant };
}

/** Activation polynomials by Horner's method: one pass forward, and one pass backward. */
export function polynomialKernels(executor: Executor): Pick<Kernels, 'polynomial' | 'polynomialGradient'> {
  return {
    polynomial(x, coefficients, out, penalty, range, form) {
      if (x.size === 0) {
        fill(executor, penalty, 0);
        fill(executor, range, 0);
        return;
      }
      const { walk, variant } = variantOf(executor, x, coefficients, form);
      const groups = walk.channels * walk.parts;
      executor.withTemporary('int32', 4 * groups, (partial) => {
        executor.run(evaluating, variant, {
          reads: [x, coefficients],
          writes: [out, partial],
          parameters: { ...walkValues(walk), bound: form.bound, ...(form.penalty && penaltyValues(form.penalty)) },
          groups,
          operations: x.size * 2 * variant.terms,
        });
        executor.run(
          ranging,
          {},
          {
            reads: [partial],
            writes: [penalty, range],
            parameters: { parts: groups, elements: x.size },
            groups: 1,
          },
        );
      });
    },
    polynomialGradient(gradient, penaltyGradient, x, coefficients, out, coefficientGradient, form) {
      const learnable = coefficientGradient !== undefined && gradient !== undefined && x.size > 0;
      if (coefficientGradient && !learnable) fill(executor, coefficientGradient, 0);
      if (x.size === 0) return;
      const { walk, variant } = variantOf(executor, x, coefficients, form);
      const hasPenalty = penaltyGradient !== undefined && form.penalty !== undefined;
      const groups = walk.channels * walk.parts;
      const launch = (partial: Operand | undefined): void =>
        executor.run(
          differentiating,
          {
            ...variant,
            penalty: hasPenalty ? variant.penalty : 'none',
            hasGradient: gradient !== undefined,
            learnable,
          },
          {
            reads: [x, ...(gradient ? [gradient, coefficients] : []), ...(hasPenalty ? [penaltyGradient] : [])],
            writes: partial ? [out, partial] : [out],
            parameters: {
              ...walkValues(walk),
              bound: form.bound,
              ...(hasPenalty ? penaltyValues(form.penalty) : {}),
              elements: x.size,
            },
            groups,
            operations: x.size * 4 * variant.terms,
          },
        );
      if (!learnable) {
        launch(undefined);
        return;
      }
      const { terms } = variant;
      executor.withTemporary('float32', groups * terms, (partial) => {
        launch(partial);
        const layout = { outer: walk.channels, length: walk.parts, inner: terms };
        reduce(executor, 'sum', partial, coefficientGradient, layout);
      });
    },
  };
}
