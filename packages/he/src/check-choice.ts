import { PlanError } from './errors.js';

/**
 * Checks what a caller from JavaScript may have written otherwise.
 *
 * @throws PlanError where a choice is not one that there is
 */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new PlanError(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}`);
}
