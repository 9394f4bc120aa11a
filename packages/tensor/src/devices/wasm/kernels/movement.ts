import type { Kernels, Operand } from '../../../kernels.js';
import { broadcastStrides, type Shape, stridesOf } from '../../../shape.js';
import { values } from '../../host/host.js';
import { linearMemory } from '../../host/linear-memory.js';
import {
  type CopyAxis,
  joinedAxes,
  permutation,
  repetition,
  type StridedCopy,
  selection,
  spreading,
} from '../../host/strided-copy.js';
import { reference } from '../../reference/index.js';
import { around, checkIndices } from '../../reference/kernels/movement.js';
import { addressOf, type Executor, isWide } from '../executor.js';
import { type StridedCopy as StridedCopyFields, scatterOperations } from '../generated/tasks.js';
import { Workspace } from '../workspace.js';

/** Axes that planes are counted along: see kernels/movement/strided-copy.ts. */
const OUTER_AXES = 4;
/** Fewer elements are moved sooner than a kernel is called. */
const MANY = 256;
const single: CopyAxis = { length: 1, from: 0, to: 0 };

/** What the kernel is told; undefined where it would walk over too many axes. */
function fieldsOf(x: Operand, out: Operand, { from, to, axes }: StridedCopy): StridedCopyFields | undefined {
  if (axes.length > OUTER_AXES + 2) return undefined;
  const innermost = axes.length - 1;
  const columns = axes[innermost] ?? single;
  let row = innermost - 1;
  if (columns.from !== 1) for (let axis = 0; axis < innermost; axis++) if (axes[axis]!.from === 1) row = axis;
  const rows = axes[row] ?? single;
  /** The axes that are left, counted from the innermost. */
  const outer = (place: number) => axes[innermost - 1 - place - Number(innermost - 1 - place <= row)] ?? single;
  const [axis0, axis1, axis2, axis3] = [outer(3), outer(2), outer(1), outer(0)];
  return {
    from: addressOf(x) + from * 4,
    to: addressOf(out) + to * 4,
    length0: axis0.length,
    from0: axis0.from,
    to0: axis0.to,
    length1: axis1.length,
    from1: axis1.from,
    to1: axis1.to,
    length2: axis2.length,
    from2: axis2.from,
    to2: axis2.to,
    length3: axis3.length,
    from3: axis3.from,
    to3: axis3.to,
    rows: rows.length,
    rowFrom: rows.from,
    rowTo: rows.to,
    columns: columns.length,
    columnFrom: columns.from,
    columnTo: columns.to,
  };
}

/** How a kernel walks over the places that an index names in tensors of this shape; undefined where over too many axes. */
function indexFields(index: Operand, shape: Shape, axis: number) {
  const strides = broadcastStrides(index.shape, shape);
  const own = stridesOf(shape);
  const before = joinedAxes(shape.slice(0, axis), strides.slice(0, axis), own.slice(0, axis));
  const after = joinedAxes(shape.slice(axis + 1), strides.slice(axis + 1), own.slice(axis + 1));
  if (before.length > 2 || after.length > 1) return undefined;
  const [outer, middle] = [...new Array<CopyAxis>(2 - before.length).fill(single), ...before] as [CopyAxis, CopyAxis];
  const inner = after[0] ?? single;
  return {
    outer: outer.length,
    middle: middle.length,
    inner: inner.length,
    indexOuter: outer.from,
    indexMiddle: middle.from,
    indexCount: strides[axis]!,
    indexInner: inner.from,
  };
}

function hasKernel(out: Operand): boolean {
  return isWide(out) && out.size >= MANY;
}

/** Movement of float32 and int32 elements over a few axes, and scattering of float32; `reference` has the rest. */
export function movementKernels(
  executor: Executor,
  { fill }: Pick<Kernels, 'fill'>,
): Pick<Kernels, 'broadcast' | 'permute' | 'slice' | 'pad' | 'concat' | 'gather' | 'scatter'> {
  const partials = new Workspace();

  /** Whether the kernel could make the copy. */
  function copies(x: Operand, out: Operand, copy: StridedCopy): boolean {
    const fields = fieldsOf(x, out, copy);
    if (fields && x.size > 0 && out.size > 0) executor.run('stridedCopy', fields);
    return fields !== undefined;
  }

  /** @throws ArgumentError where an index is not one of the places along the axis */
  function checkPlaces(operation: string, index: Operand, length: number): void {
    if (index.size < MANY) {
      checkIndices(operation, values(index), length);
      return;
    }
    const fields = { index: addressOf(index), size: index.size, partials: 0 };
    const parts = partials.reserve(executor.sharedBytes('largestIndex', fields));
    fields.partials = parts.pointer;
    executor.run('largestIndex', fields);
    const largest = linearMemory.view(parts, 'int32').subarray(0, executor.blocks('largestIndex', fields));
    if (largest.some((each) => each < 0 || each >= length)) checkIndices(operation, values(index), length);
  }

  return {
    broadcast(x, out) {
      if (hasKernel(out) && copies(x, out, repetition(x, out))) return;
      reference.kernels.broadcast(x, out);
    },
    permute(x, out, axes) {
      if (hasKernel(out) && copies(x, out, permutation(x, out, axes))) return;
      reference.kernels.permute(x, out, axes);
    },
    slice(x, out, starts, steps) {
      if (hasKernel(out) && copies(x, out, selection(x, out, starts, steps))) return;
      reference.kernels.slice(x, out, starts, steps);
    },
    pad(x, out, starts, steps, value) {
      if (hasKernel(out)) {
        fill(out, value);
        if (copies(x, out, spreading(x, out, starts, steps))) return;
      }
      reference.kernels.pad(x, out, starts, steps, value);
    },
    concat(inputs, out, axis) {
      const { outer, inner } = around(out.shape, axis);
      if (!hasKernel(out) || outer === 1) {
        reference.kernels.concat(inputs, out, axis);
        return;
      }
      const row = out.size / outer;
      let to = 0;
      for (const input of inputs) {
        const length = input.shape[axis]! * inner;
        const axes = [
          { length: outer, from: length, to: row },
          { length, from: 1, to: 1 },
        ];
        copies(input, out, { from: 0, to, axes });
        to += length;
      }
    },
    gather(x, index, out, axis) {
      const walk = hasKernel(out) ? indexFields(index, out.shape, axis) : undefined;
      if (!walk) {
        reference.kernels.gather(x, index, out, axis);
        return;
      }
      const length = x.shape[axis]!;
      checkPlaces('gather', index, length);
      executor.run('gatherAlong', {
        x: addressOf(x),
        index: addressOf(index),
        out: addressOf(out),
        length,
        count: out.shape[axis]!,
        ...walk,
      });
    },
    scatter(x, index, source, out, axis, reduction) {
      const walk = out.dtype === 'float32' && out.size >= MANY ? indexFields(index, source.shape, axis) : undefined;
      if (!walk) {
        reference.kernels.scatter(x, index, source, out, axis, reduction);
        return;
      }
      const length = out.shape[axis]!;
      checkPlaces(x ? 'scatter' : 'scatterAdd', index, length);
      if (x) values(out).set(values(x));
      else fill(out, 0);
      if (source.size === 0) return;
      executor.run('scatterAlong', {
        source: addressOf(source),
        index: addressOf(index),
        out: addressOf(out),
        operation: scatterOperations[reduction],
        length,
        count: source.shape[axis]!,
        ...walk,
      });
    },
  };
}
