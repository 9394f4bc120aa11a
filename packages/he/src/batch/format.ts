import { keyBytes } from '../plan/cost.js';
import { countsLine, megabytes, parametersLine, rangeTable, short, table } from '../plan/format.js';
import { productsOf } from './cost.js';
import type { BatchMap } from './map.js';
import type { BatchPlan } from './plan.js';

function mapRow(name: string, map: BatchMap): string[] {
  const sizes = map.sources.map(({ size }) => size).join(' + ');
  return [name, `${sizes} to ${map.constant.length}`, `${productsOf(map)} products with numbers`, `${map.at.level}`];
}

/** A plan for batches as a person reads it. */
export function formatBatchPlan(plan: BatchPlan): string {
  const { parameters, layers, output, certificate, cost, images } = plan;
  const { degree } = parameters;
  const rows = layers.flatMap(({ name, degree: own, map, activation }) => {
    const products = activation.instructions.filter(({ kind }) => kind === 'product').length;
    return [
      mapRow('linear', map),
      [
        name,
        `degree ${own}`,
        `${products * map.constant.length} ciphertext products`,
        `${activation.instructions.at(-1)!.level}`,
      ],
    ];
  });
  const sent = 8 * degree * (plan.input.level + 1) * plan.elements.length;
  const received = 16 * degree * (output.at.level + 1) * output.constant.length;
  const keys = keyBytes(parameters, 1);
  const each = (amount: number, unit: string) => `${short(amount / images)} ${unit} an image`;
  return [
    `batches of ${images} images, a ciphertext for each element`,
    parametersLine(parameters),
    '',
    ...table([['layer', 'size', 'work', 'level after'], ...rows, mapRow('linear', output)]),
    '',
    `sent: ${plan.elements.length} ciphertexts, ${megabytes(sent)}, ${each(sent / 1024, 'KB')}; ` +
      `received: ${output.constant.length}, ${megabytes(received)}, ${each(received / 1024, 'KB')}`,
    `keys: relinearization, ${megabytes(keys.upload)} to send once, ${megabytes(keys.memory)} in memory; no rotations`,
    `memory: ${(plan.memoryBytes / 2 ** 30).toFixed(2)} GB of ciphertexts at most`,
    `server: about ${short(cost.milliseconds / 1000)} s with SEAL on one thread, ${each(cost.milliseconds, 'ms')} (${countsLine(cost)})`,
    `errors of logits: expected below ${plan.errorBound.toPrecision(2)}, with logits up to ${short(certificate.largestLogit)}`,
    '',
    ...rangeTable(certificate),
  ].join('\n');
}
