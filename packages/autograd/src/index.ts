export { type BackwardOptions, type BackwardProgress, backwardInSteps, grad } from './backward.js';
export { checkGradients, type GradientCheckOptions } from './check-gradients.js';
export { checkpoint } from './checkpoint.js';
export { type CustomOperator, customOperator } from './custom.js';
export { type BackwardCallOptions, backward, requireGrad, zeroGrad } from './history.js';
export { enableGrad, noGrad } from './recording.js';
export type { Context, FusedRule, Rule, RulesOf, SharedRule, Vjp, VjpOfAll, VjpPerInput } from './rule.js';
export { rules } from './rules/index.js';
export { type SharedOperator, sharedOperator } from './shared.js';
export { Graph, type GraphParts } from './trace/graph.js';
export type {
  ConstantOrigin,
  CustomNode,
  GraphConstant,
  GraphInput,
  GraphNode,
  GraphResult,
  GraphValue,
  ModulePlace,
  OperatorNode,
} from './trace/node.js';
export { TraceError } from './trace/trace-error.js';
export type { TracedModule } from './trace/traced-module.js';
export { type TraceOptions, trace } from './trace.js';
