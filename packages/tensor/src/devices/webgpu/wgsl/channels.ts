import type { Operand } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import type { Executor } from '../executor.js';
import { FOLDING } from './reduce.js';

/** Vectors of a part, at the least: eight an invocation. */
const PART = 8 * FOLDING;

/** Parts of a walk, unless there are more channels: their results are put together by few workgroups. */
const PARTS = 4096;

/** The same on a processor, where the barriers at the end of a part take as long as many elements, and few parts run at a time. */
const PARTS_IN_SOFTWARE = 32;

/** How [N,C,…] is walked over, channel by channel, in parts of one workgroup each. */
export interface ChannelWalk {
  readonly channels: number;
  /** Elements of a vector: 4 where the planes of the channels consist of such. */
  readonly width: 1 | 4;
  /** Vectors of a plane. */
  readonly area: number;
  /** Vectors of a channel, over all images. */
  readonly vectors: number;
  /** Elements of a channel. */
  readonly count: number;
  /** Workgroups of a channel, and the vectors of each. */
  readonly parts: number;
  readonly partVectors: number;
}

/** The walk over all elements (as one channel), or over those of each channel. */
export function channelWalk({ isSoftware }: Executor, x: Operand, byChannel: boolean): ChannelWalk {
  const channels = byChannel ? x.shape[1]! : 1;
  const plane = byChannel ? sizeOf(x.shape.slice(2)) : x.size;
  const width = !byChannel || plane % 4 === 0 ? 4 : 1;
  const area = Math.ceil(plane / width);
  const vectors = plane === 0 ? 0 : (x.size / channels / plane) * area;
  const fewest = Math.ceil((isSoftware ? PARTS_IN_SOFTWARE : PARTS) / channels);
  const partVectors = PART * Math.max(1, Math.ceil(vectors / fewest / PART));
  const parts = Math.max(1, Math.ceil(vectors / partVectors));
  return { channels, width, area, vectors, count: x.size / channels, parts, partVectors };
}

/** What a program that walks needs to know. */
export const walkParameters = {
  channels: 'u32',
  area: 'u32',
  vectors: 'u32',
  parts: 'u32',
  partVectors: 'u32',
  count: 'u32',
  stepImages: 'u32',
  stepPlaces: 'u32',
} as const;

/** The values of these parameters. */
export function walkValues({ channels, area, vectors, parts, partVectors, count }: ChannelWalk) {
  // From one vector of an invocation to its next.
  const stepImages = Math.floor(FOLDING / area);
  return { channels, area, vectors, parts, partVectors, count, stepImages, stepPlaces: FOLDING - stepImages * area };
}

/**
 * Statements that `visit` every vector of a part of `channel`, at `at` in the tensor; without a division for each. The vectors
 * of the next visit are on their way while those of this one are computed with. Behind the last one they may lie outside of the
 * tensor: WebGPU gives some other number then (WGSL, "out-of-bounds access"), which is not used.
 *
 * @param loads the storage of each vector that is read there, by the name that the statements have for the vector
 * @param condition an expression: without it, nothing is visited
 */
export function overPart(loads: Readonly<Record<string, string>>, visit: string, condition = 'true'): string {
  const each = (statement: (name: string, storage: string) => string): string =>
    Object.entries(loads)
      .map(([name, storage]) => statement(name, storage))
      .join('\n');
  const position = '(image * p.channels + channel) * p.area + place';
  return `{
  let channel = block / p.parts;
  let begin = (block % p.parts) * p.partVectors + local;
  let end = select(0u, min((block % p.parts + 1u) * p.partVectors, p.vectors), ${condition});
  var image = begin / p.area;
  var place = begin % p.area;
  var next = ${position};
  ${each((name, storage) => `var ${name}Next = ${storage}[next];`)}
  for (var v = begin; v < end; v += ${FOLDING}u) {
    let at = next;
    ${each((name) => `let ${name} = ${name}Next;`)}
    image += p.stepImages;
    place += p.stepPlaces;
    if (place >= p.area) {
      place -= p.area;
      image += 1u;
    }
    next = ${position};
    ${each((name, storage) => `${name}Next = ${storage}[next];`)}
${visit}
  }
}`;
}

/** The type of a vector. */
export function vectorType(width: 1 | 4, type = 'f32'): string {
  return width === 4 ? `vec4<${type}>` : type;
}
