import { ArgumentError } from '@pnn/nn';

/** P(X ≤ successes) for X of the binomial distribution. */
function binomialCdf(successes: number, trials: number, probability: number): number {
  if (successes >= trials || probability <= 0) return 1;
  if (probability >= 1) return 0;
  let logTerm = trials * Math.log1p(-probability);
  const logOdds = Math.log(probability) - Math.log1p(-probability);
  let total = Math.exp(logTerm);
  for (let i = 1; i <= successes; i++) {
    logTerm += Math.log(trials - i + 1) - Math.log(i) + logOdds;
    total += Math.exp(logTerm);
  }
  return Math.min(1, total);
}

/**
 * The largest probability of an event that happened in `successes` of so many independent trials, with the given
 * confidence (Clopper and Pearson, Biometrika 26, 1934; the one-sided bound).
 *
 * @param confidence such as 0.99
 * @throws ArgumentError where the numbers do not go together
 */
export function clopperPearsonUpper(successes: number, trials: number, confidence: number): number {
  const areCounts = Number.isInteger(successes) && Number.isInteger(trials) && successes >= 0 && trials >= 1;
  if (!areCounts || successes > trials || !(confidence > 0 && confidence < 1)) {
    throw new ArgumentError(
      `clopperPearsonUpper: ${successes} of ${trials} with confidence ${confidence}: counts and a confidence between 0 and 1 are needed`,
    );
  }
  if (successes === trials) return 1;
  let [low, high] = [successes / trials, 1];
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (binomialCdf(successes, trials, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}
