import { ArgumentError, formatShape, Tensor } from '@pnn/tensor';
import { Parameter, type ParameterRole } from './parameter.js';

/** Parameters that are trained alike. */
export interface ParameterGroup {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /**
   * Whether clipping counts and changes the gradients of this group.
   *
   * @default true
   */
  readonly clipped?: boolean;
  /**
   * The learning rate of the group as a multiple of the optimizer's.
   *
   * @default 1
   */
  readonly lrScale?: number;
  /**
   * How strongly the parameters of the group are pulled toward 0.
   *
   * @default that of the optimizer
   */
  readonly weightDecay?: number;
}

/**
 * What an optimizer trains or a clipping limits: groups with their settings, or a plain list of parameters, which is
 * grouped by role as `module.parameterGroups()` does. So `network.parameters()` is as good as
 * `network.parameterGroups()`: γ and β of BatchNorm are not clipped. To clip all alike, as PyTorch does, name a single
 * group: `[{ name: 'parameters', parameters: network.parameters() }]`.
 */
export type ParametersOrGroups = readonly ParameterGroup[] | readonly Parameter[];

/** What each role asks for, in the order of the groups. */
const roleSettings: Readonly<Record<ParameterRole, Omit<ParameterGroup, 'name' | 'parameters'>>> = {
  weight: {},
  normalization: { clipped: false },
  polynomial: {},
};

/** The parameters by role, with the settings that the roles ask for; roles without parameters are left out. */
export function groupsByRole(parameters: readonly Parameter[]): ParameterGroup[] {
  return (Object.keys(roleSettings) as ParameterRole[]).flatMap((role) => {
    const members = parameters.filter((parameter) => parameter.role === role);
    return members.length > 0 ? [{ name: role, parameters: members, ...roleSettings[role] }] : [];
  });
}

/** Whether these are groups, and not a plain list of parameters. */
export function areGroups(given: ParametersOrGroups): given is readonly ParameterGroup[] {
  return given.length > 0 && !(given[0] instanceof Tensor);
}

/**
 * The groups as they are, or the parameters by role.
 *
 * @param owner named in the message of the error
 * @throws ArgumentError where there is no parameter at all, one occurs twice, or a plain list has a tensor that is none
 */
export function groupsOf(owner: string, given: ParametersOrGroups): readonly ParameterGroup[] {
  const seen = new Map<Parameter, string>();
  for (const { name, parameters } of areGroups(given) ? given : [{ name: 'parameters', parameters: given }]) {
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
  if (areGroups(given)) return given;
  // By its role alone, another tensor would be left out.
  const other = given.find((each) => !(each instanceof Parameter)) as Tensor | undefined;
  if (other) {
    throw new ArgumentError(
      `${owner}: a tensor ${formatShape(other.shape)} is not a parameter: make it one with new Parameter(tensor)`,
    );
  }
  return groupsByRole(given);
}
