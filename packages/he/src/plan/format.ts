import { isSecure, modulusBits, type Parameters } from '../ckks/parameters.js';
import type { Certificate } from './certificate.js';
import { type Cost, clientMilliseconds, keyBytes, type OperationName, rotationsIn } from './cost.js';
import type { Plan, PlannedMap } from './plan.js';

/** Bytes as megabytes. */
export const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
/** A number with three digits. */
export const short = (value: number) => String(Number(value.toPrecision(3)));

/** Rows as lines, columns below one another. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function mapRow(name: string, { affine, matvec, at }: PlannedMap): string[] {
  const { babies, giants } = rotationsIn(matvec);
  const sizes = [...affine.terms.keys()].map(({ size }) => size).join(' + ');
  return [
    name,
    `${sizes} to ${affine.size}`,
    `${matvec.diagonals.length} products, ${babies} + ${giants} + ${matvec.folds.length * matvec.layout.ciphertexts} rotations`,
    `${at.level}`,
  ];
}

/** By which tables parameters are 128-bit secure, in words: by that of 2018, the stricter one of 2024 too, or none. */
export function securityOf(parameters: Parameters): string {
  if (!isSecure(parameters, 'standard')) return 'not known to be 128-bit secure';
  const byGuidelines = isSecure(parameters, 'guidelines') ? ' and the guidelines of 2024' : '';
  return `128-bit secure by the standard of 2018${byGuidelines}`;
}

/** The parameters, and that they are secure. */
export function parametersLine(parameters: Parameters): string {
  const { degree, bits } = parameters;
  return `CKKS with N = ${degree} and primes of ${bits.join(' + ')} = ${modulusBits(parameters)} bits: ${securityOf(parameters)}`;
}

/** The operations that there are, with how often each is done. */
export function countsLine({ counts }: Cost): string {
  const names = Object.keys(counts) as OperationName[];
  return names
    .filter((name) => counts[name] > 0)
    .map((name) => `${counts[name]} ${name}`)
    .join(', ');
}

/** How far the inputs of each layer reach. */
export function rangeTable({ samples, layers }: Certificate): string[] {
  const ranges = layers.map(({ name, bound, observed, beyond, provable }) => [
    name,
    short(bound),
    `${short(observed)}${beyond > 0 ? ` (${beyond} values beyond 1)` : ''}`,
    provable === undefined ? 'not known' : short(provable),
  ]);
  return table([['range of |x|/B', 'B', `on ${samples} samples`, 'for any input in the box'], ...ranges]);
}

/** A plan as a person reads it. */
export function formatPlan(plan: Plan): string {
  const { parameters, layers, output, certificate, cost } = plan;
  const { degree } = parameters;
  const rows = layers.flatMap(({ name, degree: own, map, activation, refresh }) => {
    const products = activation.instructions.filter(({ kind }) => kind === 'product').length;
    const ciphertexts = map.matvec.layout.ciphertexts;
    return [
      mapRow('linear', map),
      [
        name,
        `degree ${own}`,
        `${products * ciphertexts} ciphertext products`,
        `${activation.instructions.at(-1)!.level}`,
      ],
      ...(refresh
        ? [['refresh', `${ciphertexts} ciphertexts`, 'the client encrypts it again', `${plan.input.level}`]]
        : []),
    ];
  });
  const keys = keyBytes(parameters, plan.rotations.length + 1);
  const limbs = plan.input.level + 1;
  const { refreshes } = plan.client();
  const refreshed = refreshes.reduce((sum, { ciphertexts }) => sum + ciphertexts, 0);
  const down = refreshes.reduce((sum, { level, ciphertexts }) => sum + 16 * degree * (level + 1) * ciphertexts, 0);
  return [
    parametersLine(parameters),
    '',
    ...table([['layer', 'size', 'work', 'level after'], ...rows, mapRow('linear', output)]),
    '',
    `sent: ${plan.gathers.length} ciphertexts, ${megabytes(8 * degree * limbs * plan.gathers.length)}; ` +
      `received: ${output.matvec.layout.ciphertexts}, ${megabytes(16 * degree * (output.at.level + 1) * output.matvec.layout.ciphertexts)}`,
    ...(refreshed > 0
      ? [
          `refreshes: ${refreshes.length} round trips, ${megabytes(down)} to the client and ${megabytes(8 * degree * limbs * refreshed)} back`,
        ]
      : []),
    `keys: ${plan.rotations.length} rotations and relinearization, ${megabytes(keys.upload)} to send once, ${megabytes(keys.memory)} in memory`,
    `server: about ${Math.round(cost.milliseconds)} ms with SEAL on one thread (${countsLine(cost)})`,
    `client: about ${Math.round(clientMilliseconds(parameters, plan.gathers.length + refreshed))} ms to encrypt`,
    `errors of logits: expected below ${plan.errorBound.toPrecision(2)}, with logits up to ${short(certificate.largestLogit)}`,
    '',
    ...rangeTable(certificate),
    ...(plan.warning ? ['', plan.warning, `seen by the client: ${certificate.seenByClient.join(', ')}`] : []),
  ].join('\n');
}
