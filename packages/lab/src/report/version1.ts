import type { EpochRecord, StopRecord } from '@pnn/pnn';
import { type Decoder, epochFields, list, nullable, number, object, oneOf, stopFields } from '@pnn/pnn/codec';
import { finalFields, reportFields, runFields } from './decoders.js';
import { type FinalRecord, REPORT_VERSION, type Report, type RunRecord } from './record.js';

/** Version 1 had one metric, the accuracy; it called the twin a reference, and did not say what a layer was. */
interface Epoch extends Omit<EpochRecord, 'trainMetrics' | 'validationMetrics' | 'best'> {
  readonly trainAccuracy: number;
  readonly validationAccuracy: number | null;
}

interface Final extends Omit<FinalRecord, 'testMetrics'> {
  readonly testAccuracy: number;
}

interface Run extends Omit<RunRecord, 'role' | 'epochs' | 'final' | 'stopped'> {
  readonly role: 'polynomial' | 'reference';
  readonly epochs: readonly Epoch[];
  readonly final: Final | null;
  readonly stopped: Omit<StopRecord, 'kind'> | null;
}

interface Version1 extends Omit<Report, 'version' | 'runs'> {
  readonly version: 1;
  readonly runs: readonly Run[];
}

const decode = object<Version1>({
  ...reportFields,
  version: oneOf(1),
  runs: list(
    object<Run>({
      ...runFields,
      role: oneOf('polynomial', 'reference'),
      epochs: list(object<Epoch>({ ...epochFields, trainAccuracy: number, validationAccuracy: nullable(number) })),
      final: nullable(object<Final>({ ...finalFields, testAccuracy: number })),
      stopped: nullable(object<Omit<StopRecord, 'kind'>>(stopFields)),
    }),
  ),
});

function upgradeEpoch({ trainAccuracy, validationAccuracy, ...rest }: Epoch): EpochRecord {
  return {
    ...rest,
    trainMetrics: { accuracy: trainAccuracy },
    validationMetrics: validationAccuracy === null ? null : { accuracy: validationAccuracy },
  };
}

function upgradeFinal({ testAccuracy, ...rest }: Final): FinalRecord {
  return { ...rest, testMetrics: { accuracy: testAccuracy } };
}

/** Decodes a report of version 1, as one of this version. */
export const version1Decoder: Decoder<Report> = (value, path) => {
  const report = decode(value, path);
  return {
    ...report,
    version: REPORT_VERSION,
    runs: report.runs.map(({ role, epochs, final, stopped, ...run }) => ({
      ...run,
      role: role === 'reference' ? 'twin' : role,
      epochs: epochs.map(upgradeEpoch),
      final: final && upgradeFinal(final),
      stopped: stopped && { ...stopped, kind: null },
    })),
  };
};
