import { lineChart } from '../report/chart/line.js';
import { polynomialGroups, reachChart, scoreAxis, scorePoint, seriesOver, twinLine } from './charts.js';
import { degreesFrom, degreesOption } from './degree-options.js';
import type { Study } from './study.js';

const DEGREES = '2,4,6,8,12,16,22,27,32';

/** `pnn degrees` */
export const degrees: Study = {
  name: 'degrees',
  summary: 'what the degree of the polynomials costs, against the twin',
  description: `Trains the network once for each degree and seed, and its twin with the activation that the
polynomials approximate.`,
  notes: `Examples:
  pnn degrees --seeds 3
  pnn degrees --dataset mnist --data DIR --degrees 2,4,8,16,22 --jobs 2`,
  options: () => ({ degrees: degreesOption(DEGREES) }),
  decides: ['degree'],
  title: (_, dataset) => `Degrees of polynomials on ${dataset}`,
  trials: (builder, options) => [
    ...degreesFrom(options, DEGREES).flatMap((degree) => builder.polynomial({ degree }, { degree: `${degree}` })),
    ...builder.twins(),
  ],
  sections: (outcome) => {
    const groups = polynomialGroups(outcome);
    const { title, format } = scoreAxis(outcome);
    const over = (pointOf: Parameters<typeof seriesOver>[3]) =>
      seriesOver(groups, 'degree', [{}], pointOf, () => 'polynomial');
    return [
      {
        heading: 'By degree',
        lead: 'Means over the stable runs; bars reach one standard deviation to both sides.',
        charts: [
          lineChart({
            id: 'score',
            title,
            xLabel: 'degree',
            yFormat: format,
            series: over(scorePoint),
            references: twinLine(outcome),
          }),
          lineChart({ ...reachChart, id: 'reach', xLabel: 'degree', series: over(({ reach }) => ({ y: reach })) }),
          lineChart({
            id: 'seconds',
            title: 'Time of a training',
            subtitle: 'seconds, beside whatever else the machine did',
            xLabel: 'degree',
            series: over(({ seconds }) => ({ y: seconds?.mean ?? null, spread: seconds?.deviation ?? null })),
          }),
        ],
      },
    ];
  },
};
