import { ArgumentError } from '@pnn/nn';

/** The forms of the boundary penalty; see `BoundaryPenalty`. */
export const penaltyForms = ['exponential', 'quadratic', 'power', 'max-norm'] as const;

/** How inputs beyond αB are penalized. With e = max(|x| − αB, 0): */
export interface BoundaryPenalty {
  /**
   * Averaged over the inputs, `exponential`: exp(e) − 1, the paper's; `quadratic`: e²; `power`: (|x|/αB)^10, as in
   * PILLAR; and for the largest input alone, `max-norm`: e.
   */
  readonly form: (typeof penaltyForms)[number];
  /**
   * The excess from which the penalty goes on along its tangent, so that a single outlier cannot drown everything else:
   * e for the first two forms, |x|/αB − 1 for `power`; `max-norm` needs none. 10 keeps the exponential as the paper has
   * it wherever a step still makes sense, 3 trains better.
   *
   * @default 3, of `power` 1
   */
  readonly cap?: number;
}

/** The caps unless others are given: in float32 neither value nor slope overflows for any input below 1e30. */
export const defaultCaps: Readonly<Record<BoundaryPenalty['form'], number>> = {
  exponential: 3,
  quadratic: 3,
  power: 1,
  'max-norm': Number.POSITIVE_INFINITY,
};

/**
 * A penalty with its cap.
 *
 * @throws ArgumentError if the form is unknown, or the cap not positive
 */
export function cappedPenalty({ form, cap = defaultCaps[form] }: BoundaryPenalty): Required<BoundaryPenalty> {
  if (!Object.hasOwn(defaultCaps, form)) {
    throw new ArgumentError(`BoundaryPenalty: no penalty is called '${form}'; there are ${penaltyForms.join(', ')}`);
  }
  if (!(cap > 0)) throw new ArgumentError(`BoundaryPenalty: the cap must be positive, not ${cap}`);
  return { form, cap };
}
