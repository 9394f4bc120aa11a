import { penaltyForms } from '@pnn/pnn';
import { dotChart } from '../report/chart/dots.js';
import { polynomialGroups, scoreAxis, scoreDot, twinLine } from './charts.js';
import { degreesFrom, degreesOption } from './degree-options.js';
import { groupWith, valuesOf } from './outcomes.js';
import type { Study } from './study.js';
import type { Settings } from './trial-builder.js';

const DEGREES = '2,4,8';

const NAMES: Readonly<Record<(typeof penaltyForms)[number], string>> = {
  exponential: 'exponential',
  quadratic: 'quadratic',
  power: 'tenth power',
  'max-norm': 'max-norm',
};

function penalties(): readonly (readonly [name: string, settings: Settings])[] {
  return [
    ...penaltyForms.map((form) => [NAMES[form], { penalty: form }] as const),
    ['dual ascent', { lambda: 'dual' }],
    ['none', { lambda: '0' }],
  ];
}

/** `pnn penalties` */
export const penaltyStudy: Study = {
  name: 'penalties',
  summary: 'which form of the boundary loss holds inputs in range',
  description: `Trains with each form of the boundary loss: exponential (the paper's), quadratic, tenth power
(PILLAR's), max-norm, and exponential with a λ for each layer by dual ascent; and without any.`,
  notes: `--lambda is the weight of all forms but dual ascent.

Examples:
  pnn penalties --degrees 4,8 --seeds 3
  pnn penalties --dataset fashion-mnist --data DIR --lambda 100`,
  options: () => ({ degrees: degreesOption(DEGREES) }),
  decides: ['degree', 'penalty', 'cap'],
  title: (_, dataset) => `Forms of the boundary loss on ${dataset}`,
  trials: (builder, options) => [
    ...degreesFrom(options, DEGREES).flatMap((degree) =>
      penalties().flatMap(([penalty, settings]) =>
        builder.polynomial({ degree, penalty }, { ...settings, degree: `${degree}` }),
      ),
    ),
    ...builder.twins(),
  ],
  sections: (outcome) => {
    const groups = polynomialGroups(outcome);
    const { title, format } = scoreAxis(outcome);
    const degrees = valuesOf(groups, 'degree');
    const forms = valuesOf(groups, 'penalty').map(String);
    const series = degrees.map((degree, index) => ({ name: `degree ${degree}`, color: index + 1 }));
    const common = { xLabel: '', series };
    return [
      {
        heading: 'By form of the penalty',
        charts: [
          dotChart({
            ...common,
            id: 'score',
            title,
            subtitle: 'mean of the stable runs, one standard deviation',
            xFormat: format,
            references: twinLine(outcome),
            rows: forms.map((penalty) => ({
              label: penalty,
              dots: degrees.map((degree) => scoreDot(groupWith(groups, { degree, penalty }))),
            })),
          }),
          dotChart({
            ...common,
            id: 'reach',
            title: 'Largest test input',
            subtitle: 'largest |x| / B of all polynomials and seeds, where the runs ended with finite numbers',
            rows: forms.map((penalty) => ({
              label: penalty,
              dots: degrees.map((degree) => ({ value: groupWith(groups, { degree, penalty })?.reach ?? null })),
            })),
          }),
        ],
      },
    ];
  },
};
