import { linked } from './functions.js';

/** A type of WGSL that elements and parameters have. */
export type ScalarType = 'f32' | 'i32' | 'u32';

/** A compute shader: what it binds, and what every invocation does. */
export interface Program {
  /** Storage that is read, by name, with the type of its elements. */
  readonly reads: Readonly<Record<string, string>>;
  /** Storage that is written, or read and written. */
  readonly writes: Readonly<Record<string, string>>;
  /** Numbers of the call, read as `p.name`: they compile nothing anew. */
  readonly parameters: Readonly<Record<string, ScalarType>>;
  /** Invocations of a workgroup. */
  readonly workgroupSize: number;
  /** Functions and variables of the module. */
  readonly declarations?: string;
  /**
   * Statements. They see `block` and `local`, the numbers of the workgroup and of the invocation within it, and `index`,
   * the number of the invocation among all.
   */
  readonly body: string;
}

/** The bytes of a slot of parameters: the alignment that WebGPU asks of dynamic offsets. */
export const SLOT_BYTES = 256;

/** The program as WGSL. The first parameter is the number of workgroups, as a grid may have some more. */
export function wgslOf({ reads, writes, parameters, workgroupSize, declarations = '', body }: Program): string {
  const members = Object.entries({ groupCount: 'u32', ...parameters }).map(([name, type]) => `${name}: ${type},`);
  if (4 * members.length > SLOT_BYTES) {
    throw new RangeError(`${members.length} parameters of a kernel: there is room for ${SLOT_BYTES / 4}`);
  }
  const bindings = [
    ...Object.entries(reads).map(([name, type]) => `var<storage, read> ${name}: array<${type}>;`),
    ...Object.entries(writes).map(([name, type]) => `var<storage, read_write> ${name}: array<${type}>;`),
  ].map((binding, i) => `@group(0) @binding(${i + 1}) ${binding}`);
  const main = `${declarations}
@compute @workgroup_size(${workgroupSize})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = group.y * grid.x + group.x;
  if (block >= p.groupCount) { return; }
  let index = block * ${workgroupSize}u + local;
${body}
}`;
  return `struct Parameters { ${members.join(' ')} }
@group(0) @binding(0) var<uniform> p: Parameters;
${bindings.join('\n')}
${linked(main)}`;
}
