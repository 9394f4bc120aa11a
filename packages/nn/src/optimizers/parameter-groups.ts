import { ArgumentError, formatShape } from '@pnn/tensor';
import type { ParameterGroup } from '../module.js';
import { Parameter } from '../parameter.js';

/** What an optimizer trains or a clipping limits: groups with their settings, or parameters that are all alike. */
export type ParametersOrGroups = readonly ParameterGroup[] | readonly Parameter[];

function isGroups(given: ParametersOrGroups): given is readonly ParameterGroup[] {
  return given.length > 0 && !(given[0] instanceof Parameter);
}

/**
 * The groups as they are, or the parameters as one group without settings.
 *
 * @param owner named in the message of the error
 * @throws ArgumentError where there is no parameter at all, or one occurs twice
 */
export function groupsOf(owner: string, given: ParametersOrGroups): readonly ParameterGroup[] {
  const groups = isGroups(given) ? given : [{ name: 'parameters', parameters: given }];
  const seen = new Map<Parameter, string>();
  for (const { name, parameters } of groups) {
    for (const parameter of parameters) {
      const before = seen.get(parameter);
      if (before !== undefined) {
        throw new ArgumentError(
          `${owner}: a parameter ${formatShape(parameter.shape)} is in ${before === name ? `${name} twice` : `${before} and in ${name}`}: name it once`,
        );
      }
      seen.set(parameter, name);
    }
  }
  if (seen.size === 0) throw new ArgumentError(`${owner}: there are no parameters: pass those of a module`);
  return groups;
}
