import { formatShape, Generator } from '@pnn/tensor';
import type { GraphParts } from './graph.js';
import type { GraphConstant, GraphNode, GraphValue } from './node.js';

function formatNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function ownName({ origin, shape }: GraphConstant): string | undefined {
  if ('name' in origin) return origin.name;
  return origin.kind === 'number' && shape.length === 0 ? formatNumber(origin.value) : undefined;
}

/** Names for all values: those of parameters and numbers, and `%0`, `%1`, … for the rest. */
export function namesOf({ inputs, constants, nodes }: GraphParts): ReadonlyMap<GraphValue, string> {
  const names = new Map<GraphValue, string>();
  let count = 0;
  for (const value of [...inputs, ...constants, ...nodes.flatMap((node) => node.outputs)]) {
    const own = value.kind === 'constant' ? ownName(value) : undefined;
    names.set(value, own ?? `%${count++}`);
  }
  return names;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Entries of an array that are printed: those of a matrix would fill the page. */
const MAX_ENTRIES = 12;

function formatArray(values: readonly unknown[]): string {
  const shown = values.slice(0, values.length > MAX_ENTRIES ? MAX_ENTRIES / 2 : MAX_ENTRIES).map(formatAttribute);
  return `[${[...shown, ...(values.length > MAX_ENTRIES ? [`… ${values.length} in all`] : [])].join(',')}]`;
}

function formatAttribute(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value);
  if (Array.isArray(value)) return formatArray(value);
  if (value instanceof Generator) return `'${value.stream}'`;
  if (typeof value === 'object' && value !== null && isPlain(value)) return formatAttributes(value);
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function formatAttributes(attributes: object): string {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return `{${entries.map(([name, value]) => `${name}: ${formatAttribute(value)}`).join(', ')}}`;
}

function formatType({ dtype, shape }: GraphValue): string {
  return `${dtype} ${formatShape(shape)}`;
}

function formatOrigin({ origin, copied }: GraphConstant): string {
  const kind = origin.kind === 'number' ? `filled with ${formatNumber(origin.value)}` : origin.kind;
  return copied ? `${kind}, copied by every run` : kind;
}

function formatNode(node: GraphNode, names: ReadonlyMap<GraphValue, string>): string {
  const { operator, inputs, outputs, attributes, module } = node;
  const given = inputs.slice(0, inputs.findLastIndex((value) => value !== undefined) + 1);
  const operands = given.map((value) => (value ? names.get(value) : 'none')).join(', ');
  const results = outputs.map((value) => names.get(value)).join(', ');
  const settings = attributes === undefined ? '' : ` ${formatAttribute(attributes)}`;
  const call = `${operator === 'custom' ? node.name : operator}(${operands})${settings}`;
  const columns = [
    results ? `${results} = ${call}` : call,
    node.inPlace ? 'in place' : outputs.map(formatType).join(', '),
    module ? ` ${module.path} ${module.type}`.replace('  ', ' ') : '',
  ];
  return columns.filter((column) => column !== '').join('  ');
}

/** The graph as a person reads it: inputs, constants, a line for each node, outputs. */
export function formatGraph(graph: GraphParts): string {
  const names = namesOf(graph);
  const nameOf = (value: GraphValue) => names.get(value)!;
  const listed = graph.constants.filter(({ origin, shape }) => origin.kind !== 'number' || shape.length > 0);
  return [
    `graph(${graph.inputs.map((value) => `${nameOf(value)}: ${formatType(value)}`).join(', ')})`,
    ...listed.map((constant) => `  ${nameOf(constant)}  ${formatType(constant)}  ${formatOrigin(constant)}`),
    ...graph.nodes.map((node) => formatNode(node, names)),
    `return ${graph.outputs.map(nameOf).join(', ')}`,
  ].join('\n');
}
