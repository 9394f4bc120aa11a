import type { Module } from '@pnn/nn';
import { type FloatDType, type Shape, scope, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { type Table, tablesOf } from '../../packages/tensor/test/oracle.js';
import type { GradientCase } from './gradient-case.js';
import { quarters } from './points.js';

/** Options of the tensors of a layer. */
export interface LayerOptions {
  readonly dtype: FloatDType;
}

/** A layer to be made anew for every device and type, and the inputs of its forward. */
export interface LayerPoint {
  readonly make: (options: LayerOptions) => Module;
  readonly inputs: readonly Table[];
  /** What is done with the layer, where it is not `forward`. */
  apply?(layer: Module, ...inputs: Tensor[]): Tensor;
  /** What parameters are drawn from; multiples of 1/4 from −2 to 2 if not given. */
  readonly numbers?: fc.Arbitrary<number>;
}

/** Where the parameters of a module are, in the order of `parameters()`. */
function placesOf(module: Module): { readonly owner: Module; readonly property: string }[] {
  const parameters = module.parameters();
  const places = [...module.namedModules()].flatMap(([, owner]) =>
    Object.entries(owner).map(([property, value]) => ({ owner, property, value })),
  );
  return parameters.map((parameter) => {
    const place = places.find(({ value }) => value === parameter);
    if (!place) throw new Error(`a parameter of ${module.constructor.name} is no property of its own`);
    return place;
  });
}

function parameterShapes(make: LayerPoint['make']): Shape[] {
  const layer = make({ dtype: 'float64' });
  const shapes = layer.parameters().map(({ shape }) => shape);
  layer.dispose();
  return shapes;
}

/** Runs the layer with other tensors in the places of its parameters. */
function withParameters(point: LayerPoint, given: readonly Tensor[], inputs: number): Tensor {
  const layer = point.make({ dtype: given[0]!.dtype as FloatDType });
  const places = placesOf(layer);
  for (const parameter of layer.parameters()) parameter.dispose();
  places.forEach(({ owner, property }, i) => {
    Reflect.set(owner, property, given[inputs + i]);
  });
  const x = given.slice(0, inputs);
  return point.apply ? point.apply(layer, ...x) : layer.forward(...x);
}

/** Cases of a layer: a function of its inputs and of its parameters, at random values of both. */
export function layerCases(points: fc.Arbitrary<LayerPoint>): fc.Arbitrary<GradientCase> {
  return points.chain((point) => {
    const shapes = scope(() => parameterShapes(point.make));
    return fc.tuple(...shapes.map((shape) => tablesOf(shape, point.numbers ?? quarters(-2, 2)))).map((parameters) => ({
      inputs: [...point.inputs, ...parameters],
      f: (...given: Tensor[]) => withParameters(point, given, point.inputs.length),
    }));
  });
}
