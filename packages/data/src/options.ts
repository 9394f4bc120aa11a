import { ArgumentError } from '@pnn/nn';

/**
 * Refuses an option that is not valid.
 *
 * @param owner what the option belongs to, such as `resample`
 * @param expected what a valid value is, as it stands in "must be …"
 * @throws ArgumentError where it is not valid
 */
export function checkOption(valid: boolean, owner: string, name: string, expected: string, value: unknown): void {
  if (!valid) throw new ArgumentError(`${owner}: ${name} must be ${expected}, not ${value}`);
}
