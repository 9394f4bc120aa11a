"""The format of the golden files: tensors, cases and families as JSON (described in README.md)."""

import json
import math

import torch


def grid(*shape, step=1 / 4, span=2):
    """Random multiples of `step` in [-span, span]: exact in float32, and short in the file."""
    count = round(span / step)
    return torch.randint(-count, count + 1, shape).double() * step


def distinct(*shape, step=1 / 4):
    """Random, pairwise different, nonzero multiples of `step`, centered at zero: without ties and without kinks."""
    total = math.prod(shape)
    return ((torch.randperm(total).double() - total // 2 + 1 / 2) * step).reshape(shape)


def cotangent(like):
    """The fixed random factor of an output: nonzero multiples of 1/4 in [-2, 2]."""
    return (torch.randint(1, 9, like.shape) * (torch.randint(0, 2, like.shape) * 2 - 1)).double() / 4


def case(kind, subject, name, function, inputs=None, *, attributes=None, parameters=None, buffers=None,
         differentiate=None, cotangents=None, second_order=()):
    """
    Run `function` on the inputs, parameters and buffers, in this order, and record values and vector-Jacobian products.

    function        returns one tensor (recorded as the output `y`) or a dictionary of tensors
    differentiate   names of the tensors to differentiate by; all floating inputs and parameters if not given
    cotangents      factors of the outputs; random ones for every differentiable output if not given
    second_order    names whose gradients g make up S = sum(g^2); dS by every differentiated tensor is recorded
    """
    inputs, parameters, buffers = inputs or {}, parameters or {}, buffers or {}
    given = {**inputs, **parameters, **buffers}
    if differentiate is None:
        differentiate = [key for key in (*inputs, *parameters) if given[key].is_floating_point()]
    tensors = {key: value.clone().requires_grad_(key in differentiate) for key, value in given.items()}
    result = function(*tensors.values())
    outputs = result if isinstance(result, dict) else {"y": result}
    recorded = {"name": name, kind: subject, "attributes": attributes or {}}
    for group, members in (("inputs", inputs), ("parameters", parameters), ("buffers", buffers), ("outputs", outputs)):
        if members or group in ("inputs", "outputs"):
            recorded[group] = {key: encode(value) for key, value in members.items()}
    if differentiate:
        if cotangents is None:
            cotangents = {key: cotangent(value) for key, value in outputs.items() if value.requires_grad}
        gradients = vjp({key: outputs[key] for key in cotangents}, cotangents, tensors, differentiate)
        recorded["cotangents"] = {key: encode(value) for key, value in cotangents.items()}
        recorded["gradients"] = {key: encode(value) for key, value in gradients.items()}
        if second_order:
            squares = {"S": sum(gradients[key].square().sum() for key in second_order)}
            second = vjp(squares, {"S": torch.ones((), dtype=torch.float64)}, tensors, differentiate)
            recorded["secondOrder"] = {
                "of": list(second_order), "gradients": {key: encode(value) for key, value in second.items()}}
    return recorded


def vjp(outputs, cotangents, tensors, names):
    """Gradients of sum(output * cotangent) by the named tensors, zero where there is no dependence."""
    total = sum((outputs[key] * factor).sum() for key, factor in cotangents.items())
    if not total.requires_grad:
        return {name: torch.zeros_like(tensors[name]) for name in names}
    gradients = torch.autograd.grad(total, [tensors[name] for name in names], create_graph=True, allow_unused=True)
    return {name: torch.zeros_like(tensors[name]) if gradient is None else gradient
            for name, gradient in zip(names, gradients)}


DTYPES = {torch.float64: "float64", torch.int64: "int32", torch.bool: "bool"}


def encode(tensor):
    """A tensor as its shape, dtype and row-major values."""
    values = tensor.detach().reshape(-1).tolist()
    return {"shape": list(tensor.shape), "dtype": DTYPES[tensor.dtype], "data": [number(value) for value in values]}


def number(value):
    """JSON has no NaN and no infinities: they become strings. Integral values lose their `.0`, but -0 stays -0."""
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    integral = value.is_integer() and abs(value) < 2**53
    negative_zero = value == 0 and math.copysign(1, value) < 0
    return int(value) if integral and not negative_zero else value


def write(path, cases):
    """Write a family, one case per line."""
    names = [entry["name"] for entry in cases]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"{path.name}: names used more than once: {sorted(repeated)}")
    lines = [json.dumps(entry, separators=(",", ":"), allow_nan=False) for entry in cases]
    version = json.dumps(torch.__version__)
    path.write_text('{"torch":%s,"cases":[\n%s\n]}\n' % (version, ",\n".join(lines)))
