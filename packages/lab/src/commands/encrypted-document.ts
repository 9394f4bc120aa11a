import type { Certificate, MessageBytes, PlannedStep } from '@pnn/he';
import { distributionChart } from '../report/chart/distribution.js';
import { dotChart } from '../report/chart/dots.js';
import { lineChart } from '../report/chart/line.js';
import type { Document, DocumentSection, Remark } from '../report/document.js';
import {
  formatBytes,
  formatCount,
  formatNumber,
  formatPercent,
  formatSeconds,
  NOT_MEASURED,
} from '../report/format.js';
import type { ComparisonRecord, TimeRecord } from '../trained/encrypted-comparison.js';

/** The plan that was served, as far as a report shows it. */
export interface PlanRecord {
  readonly hash: string;
  /** N, the degree of the ring. */
  readonly degree: number;
  /** Of the primes. */
  readonly bits: readonly number[];
  /** By which tables these are 128-bit secure, in words. */
  readonly security: string;
  /** How many samples are computed at once. */
  readonly images: number;
  /** Null where only the server knows them, and the certificate too. */
  readonly steps: readonly PlannedStep[] | null;
  readonly certificate: Certificate | null;
}

/** A network that was asked encrypted, and what came out of it. */
export interface EncryptedRunRecord extends ComparisonRecord {
  readonly model: string;
  /** The data set and the part of it, such as `mnist/test`. */
  readonly data: string;
  /** How many samples were to be asked. */
  readonly asked: number;
  readonly plan: PlanRecord;
  /** Making keys, sending them, and the server's preparation, in milliseconds. */
  readonly keyTime: number;
  readonly messages: MessageBytes;
}

const OPERATION_NAMES: Readonly<Record<string, string>> = {
  load: 'read a ciphertext',
  save: 'write a ciphertext',
  rotate: 'rotate',
  rotateMany: 'rotate, several at once',
  add: 'add',
  addInPlace: 'add',
  addPlainInPlace: 'add known numbers',
  multiplyPlain: 'multiply by known numbers',
  sumOfProducts: 'multiply by known numbers, and add up',
  weightedSums: 'multiply by single numbers, and add up',
  multiplyScalar: 'multiply by a single number',
  addScalarInPlace: 'add a single number',
  multiply: 'multiply two ciphertexts',
  square: 'square',
  relinearizeInPlace: 'relinearize',
  rescaleInPlace: 'rescale',
  dropToLevelInPlace: 'drop levels',
};

const milliseconds = (value: number): string => `${formatNumber(value, 3, true)} ms`;

function remarksOf({ agreement, errors, warnings, samples, asked }: EncryptedRunRecord): Remark[] {
  const remarks: Remark[] = [];
  if (samples < asked) {
    remarks.push({ tone: 'bad', text: `interrupted after ${formatCount(samples)} of ${formatCount(asked)} samples` });
  }
  if (agreement) {
    const { different, close } = agreement;
    remarks.push(
      different === 0
        ? {
            tone: 'good',
            text:
              close === 0
                ? `all ${formatCount(samples)} samples have the class of the plain network`
                : `all samples but ${formatCount(close)} have the class of the plain network; the two largest logits of those are closer than the bound of errors`,
          }
        : {
            tone: 'bad',
            text: `${formatCount(different)} samples have another class than in the plain network, although its two largest logits are farther apart than the bound`,
          },
    );
  }
  remarks.push(
    errors.beyond === 0
      ? { tone: 'good', text: `no logit errs by more than ${formatNumber(errors.bound, 3)}, the bound of the plan` }
      : { tone: 'bad', text: `${formatCount(errors.beyond)} logits err by more than the bound of the plan` },
  );
  if (warnings.samples > 0) {
    remarks.push({
      tone: 'bad',
      text: `${formatCount(warnings.samples)} samples came with a warning, the first one: ${warnings.first}`,
    });
  }
  return remarks;
}

function resultSection(record: EncryptedRunRecord): DocumentSection {
  const { agreement, errors, samples, asked, times } = record;
  const { largest, bound, rootMeanSquare, histogram } = errors;
  const edge = (sign: number) => ({ label: `${sign < 0 ? '−' : ''}bound`, value: sign * bound });
  return {
    heading: 'Result',
    lead: 'Every sample was encrypted, computed by the server, decrypted, and compared with the same network in double precision without encryption.',
    remarks: remarksOf(record),
    table: {
      columns: [{ heading: ['of all samples'] }, { heading: ['encrypted'] }, { heading: ['plain'] }],
      rows: [
        [{ text: 'samples' }, { text: formatCount(samples) }, { text: '' }],
        ...(agreement
          ? [
              [
                { text: 'accuracy' },
                { text: formatPercent(agreement.encryptedAccuracy), tone: 'strong' as const },
                { text: formatPercent(agreement.plainAccuracy) },
              ],
              [{ text: 'same class' }, { text: formatPercent(agreement.same / samples) }, { text: '' }],
            ]
          : []),
        [{ text: 'largest error of a logit' }, { text: formatNumber(largest, 3) }, { text: '' }],
        [{ text: 'bound of the plan' }, { text: formatNumber(bound, 3) }, { text: '' }],
        [{ text: 'root mean square of errors' }, { text: formatNumber(rootMeanSquare, 3) }, { text: '' }],
        [
          { text: 'a sample takes, in the median' },
          {
            text: milliseconds(
              times.encrypt.median + times.refresh.median + times.answer.median + times.decrypt.median,
            ),
          },
          { text: '' },
        ],
        ...(samples < asked ? [[{ text: 'were to be asked' }, { text: formatCount(asked) }, { text: '' }]] : []),
      ],
    },
    charts: [
      distributionChart({
        id: 'errors',
        title: 'Errors of the logits',
        subtitle: 'encrypted − plain',
        xLabel: 'error',
        histogram,
        references: [edge(-1), edge(1)],
      }),
    ],
  };
}

function timesSection(record: EncryptedRunRecord): DocumentSection {
  const { times, operations, keyTime, messages, plan } = record;
  const { images } = plan;
  const refreshes = messages.refreshes.length;
  const row = (text: string, count: string, { least, median }: TimeRecord) => [
    { text },
    { text: count },
    { text: milliseconds(least) },
    { text: milliseconds(median) },
    { text: NOT_MEASURED },
  ];
  const server = (operations ?? []).filter(({ name }) => Object.hasOwn(OPERATION_NAMES, name));
  const sum = server.reduce((total, each) => total + each.milliseconds, 0);
  return {
    heading: 'Time',
    lead: `What one sample takes${images === 1 ? '' : ', as its share of a batch'}, and the operations of the server in the mean. Making keys, sending them, and the server's preparation took ${formatSeconds(keyTime / 1000)}, once.`,
    ...(operations === null && {
      remarks: [{ tone: 'bad', text: 'the server does not say how long its operations take: serve with --timings' }],
    }),
    table: {
      columns: ['one sample', 'times', 'least', 'median', 'mean'].map((heading) => ({ heading: [heading] })),
      rows: [
        row('client: encrypt', '1', times.encrypt),
        ...(refreshes > 0 ? [row('client: refresh', formatCount(refreshes), times.refresh)] : []),
        row('until the answer is there', '1', times.answer),
        row('client: decrypt', '1', times.decrypt),
        ...server.map(({ name, count, milliseconds: mean }) => [
          { text: `server: ${OPERATION_NAMES[name]}` },
          { text: formatNumber(count) },
          { text: NOT_MEASURED },
          { text: NOT_MEASURED },
          { text: milliseconds(mean) },
        ]),
        ...(server.length > 0
          ? [
              [
                { text: 'server: all operations' },
                { text: '' },
                { text: NOT_MEASURED },
                { text: NOT_MEASURED },
                { text: milliseconds(sum), tone: 'strong' as const },
              ],
            ]
          : []),
      ],
    },
    charts:
      server.length === 0
        ? []
        : [
            dotChart({
              id: 'operations',
              title: 'Operations of the server',
              subtitle: 'mean of a sample',
              xLabel: 'ms',
              xInclude: [0],
              series: [{ name: 'time', color: 1 }],
              rows: server
                .filter((each) => each.milliseconds >= sum / 100)
                .map((each) => ({
                  label: `${OPERATION_NAMES[each.name]} (${formatNumber(each.count)})`,
                  dots: [{ value: each.milliseconds }],
                })),
            }),
          ],
  };
}

function stepsSection({ plan: { steps, degree, bits, security } }: EncryptedRunRecord): DocumentSection {
  const total = bits.reduce((sum, each) => sum + each, 0);
  const parameters = `CKKS with N = ${formatCount(degree)} and primes of ${bits.join(' + ')} = ${total} bits, ${security}.`;
  if (!steps) {
    return {
      heading: 'Levels and scales',
      lead: parameters,
      remarks: [
        {
          tone: 'bad',
          text: 'the server has another plan than the one that this network gets with these options: layers and certificate are not known',
        },
      ],
    };
  }
  return {
    heading: 'Levels and scales',
    lead: `${parameters} A level is a rescale that is still possible; the scale is what numbers are multiplied by before they are rounded.`,
    table: {
      columns: [
        { heading: ['step'] },
        { heading: ['numbers'] },
        { heading: ['degree'] },
        { heading: ['ciphertexts'] },
        { heading: ['level'] },
        { heading: ['scale'] },
      ],
      rows: steps.map(({ name, size, degree: own, ciphertexts, level, scale }) => [
        { text: name },
        { text: formatCount(size) },
        { text: own === undefined ? NOT_MEASURED : formatCount(own) },
        { text: formatCount(ciphertexts) },
        { text: formatCount(level) },
        { text: `2^${Math.log2(scale).toFixed(3)}` },
      ]),
    },
    charts: [
      lineChart({
        id: 'levels',
        title: 'Levels',
        subtitle: 'step by step',
        xLabel: 'step',
        yFormat: 'integer',
        yInclude: [0],
        series: [{ name: 'level', color: 1, points: steps.map(({ level: y }, i) => ({ x: i, y })) }],
      }),
    ],
  };
}

function messagesSection({
  messages: { keys, request, answer, refreshes },
  plan: { images },
}: EncryptedRunRecord): DocumentSection {
  const each = images === 1 ? 'for each sample' : `for each batch of ${formatCount(images)} samples`;
  const row = (name: string, when: string, bytes: number) => [
    { text: name },
    { text: when },
    { text: formatBytes(bytes) },
    { text: formatCount(bytes) },
  ];
  return {
    heading: 'Messages',
    lead:
      'Each message of a plan has one length, whatever is in it.' +
      (images === 1
        ? ''
        : ` A full batch takes ${formatBytes(request / images)} up and ${formatBytes(answer / images)} down a sample.`),
    table: {
      columns: [{ heading: ['message'] }, { heading: ['how often'] }, { heading: ['length'] }, { heading: ['bytes'] }],
      rows: [
        row('keys to compute with', 'once for a session', keys),
        row('encrypted input', each, request),
        row('encrypted result', each, answer),
        ...refreshes.flatMap((refresh, i) => [
          row(`refresh ${i + 1}: to the client`, 'for each sample', refresh.answer),
          row(`refresh ${i + 1}: back`, 'for each sample', refresh.request),
        ]),
      ],
    },
  };
}

function certificateSection({ plan: { certificate } }: EncryptedRunRecord): DocumentSection[] {
  if (!certificate) return [];
  const { samples, box, layers, largestLogit, seenByClient } = certificate;
  const shares = layers.map(({ observed, provable }) => provable ?? observed);
  return [
    {
      heading: 'Certificate',
      lead: `How far the inputs of the polynomials reach, as shares of their bounds B: on the ${formatCount(samples)} samples of the calibration, and, for layers that see the input alone, for any input from ${formatNumber(box[0])} to ${formatNumber(box[1])}. The largest logit of the calibration is ${formatNumber(largestLogit, 3)}; the client warns beyond four times as much.`,
      remarks: [
        ...(seenByClient.length > 0
          ? [
              {
                tone: 'bad' as const,
                text: `the client sees these results in the clear, for each of its inputs, and can compute the weights from them: ${seenByClient.join(', ')}`,
              },
            ]
          : []),
        ...layers
          .filter((_, i) => shares[i]! > 1)
          .map(({ name, beyond }) => ({
            tone: 'bad' as const,
            text:
              beyond > 0
                ? `${name}: ${formatCount(beyond)} values of the calibration lie beyond B`
                : `${name}: not every input of the box is proven to stay within B`,
          })),
      ],
      table: {
        columns: [
          { heading: ['layer'] },
          { heading: ['B'] },
          { heading: ['largest |x|/B', 'observed'] },
          { heading: ['values', 'beyond'] },
          { heading: ['for any input', 'in the box'] },
        ],
        rows: layers.map(({ name, bound, observed, beyond, provable }) => [
          { text: name },
          { text: formatNumber(bound) },
          { text: formatNumber(observed, 3, true) },
          beyond === 0 ? { text: 'none', tone: 'good' } : { text: formatCount(beyond), tone: 'bad' },
          { text: provable === undefined ? 'not known' : formatNumber(provable, 3, true) },
        ]),
      },
    },
  ];
}

/** What a person reads of an encrypted run. */
export function encryptedDocument(title: string, record: EncryptedRunRecord): Document {
  return {
    title: `${title}, encrypted`,
    subtitle: `${record.data}, ${formatCount(record.samples)} samples; plan ${record.plan.hash.slice(0, 16)}`,
    sections: [
      resultSection(record),
      stepsSection(record),
      timesSection(record),
      messagesSection(record),
      ...certificateSection(record),
    ],
  };
}
