"""Elementwise operators: one operand, two operands with broadcasting, where, clamp, comparisons."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, distinct, grid

case = partial(case, "operator")
inf, nan = float("inf"), float("nan")

REAL = [-30, -8, -3.25, -2, -1.5, -1, -0.5, -2**-10, 2**-20, 0.25, 0.75, 1, 2.5, 6, 22]
POSITIVE = [2**-30, 2**-10, 0.125, 0.25, 0.5, 0.75, 1, 1.25, 2, 3.5, 10, 37, 144, 1000, 2**20]
ABOVE_MINUS_ONE = [-1 + 2**-10, -0.75, -0.5, -0.125, -2**-20, 2**-40, 2**-20, 0.125, 0.5, 1, 2, 3.5, 10, 1000, 2**20]
SPECIAL = [nan, inf, -inf, 0.0, -0.0, 800, -800]


def softplus(x):
    """log(1 + e^x) in full: torch.nn.functional.softplus replaces it by x above 20, an error of 2e-9."""
    return torch.logaddexp(x, torch.zeros_like(x))


def double(values, *shape):
    tensor = torch.tensor(values, dtype=torch.float64)
    return tensor.reshape(shape) if shape else tensor


UNARY = {  # name: (function, arguments, whether it is twice differentiable)
    "neg": (torch.neg, REAL, True),
    "abs": (torch.abs, REAL, False),
    "sign": (torch.sign, REAL, False),
    "exp": (torch.exp, REAL, True),
    "expm1": (torch.expm1, REAL, True),
    "log": (torch.log, POSITIVE, True),
    "log1p": (torch.log1p, ABOVE_MINUS_ONE, True),
    "sqrt": (torch.sqrt, POSITIVE, True),
    "reciprocal": (torch.reciprocal, REAL[:7] + POSITIVE[1:9], True),
    "square": (torch.square, REAL, True),
    "sin": (torch.sin, REAL, True),
    "cos": (torch.cos, REAL, True),
    "tanh": (torch.tanh, REAL, True),
    "sigmoid": (torch.sigmoid, REAL, True),
    "relu": (torch.relu, REAL, False),
    "silu": (F.silu, REAL, True),
    "gelu": (F.gelu, REAL, True),
    "softplus": (softplus, REAL, True),
    "erf": (torch.erf, REAL, True),
}

BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow,
    "maximum": torch.maximum, "minimum": torch.minimum,
}

COMPARISON = {
    "equal": torch.eq, "notEqual": torch.ne, "less": torch.lt, "lessEqual": torch.le,
    "greater": torch.gt, "greaterEqual": torch.ge,
}

PAIRS = [([2, 3], [2, 3]), ([2, 3], [3]), ([3], [2, 3]), ([2, 1, 3], [4, 1]), ([1, 3], [2, 1]), ([], [2, 2]),
         ([2, 3], [1]), ([], []), ([2, 0], [1]), ([1, 1, 2], [3, 0, 2])]


def unary():
    for name, (function, arguments, smooth) in UNARY.items():
        order = ["x"] if smooth else []
        yield case(name, name, function, {"x": double(arguments, 3, 5)}, second_order=order)
        # torch.sign(NaN) is 0, and x * 0 at -Infinity is NaN in silu and gelu: choices nobody should copy.
        left_out = {"sign": [0], "silu": [2], "gelu": [2]}.get(name, [])
        special = [value for index, value in enumerate(SPECIAL) if index not in left_out]
        yield case(name, f"{name} of special values", function, {"x": double(special)}, differentiate=[])
    for name in ("abs", "sign", "relu", "sqrt"):
        yield case(name, f"{name} at zero", UNARY[name][0], {"x": double([0.0])})


def binary():
    for name, function in BINARY.items():
        for left, right in PAIRS:
            a, b = distinct(*left, step=1 / 2), distinct(*right, step=1 / 2) + 1 / 8
            if name == "pow":
                a = a.abs()
            smooth = ["a", "b"] if name in ("mul", "div", "pow") else []
            yield case(name, f"{name} {left} {right}", function, {"a": a, "b": b}, second_order=smooth)
    for name in ("maximum", "minimum"):
        a, b = double([1, 2, -3, 0]), double([1, -2, -3, 0.5])
        yield case(name, f"{name} with ties", BINARY[name], {"a": a, "b": b})
        a, b = double([nan, 1, inf, -inf, nan]), double([1, nan, 2, 2, inf])
        yield case(name, f"{name} of special values", BINARY[name], {"a": a, "b": b}, differentiate=[])
    a, b = double([1, -1, 0, inf, inf, 1, nan]), double([0, 0, 0, 2, inf, inf, 1])
    yield case("div", "div of special values", torch.div, {"a": a, "b": b}, differentiate=[])
    a, b = double([0, 0, 0, 1, nan, inf, 0, -8]), double([0, 2, -1, nan, 0, 0.5, 0.5, 0.5])
    yield case("pow", "pow of special values", torch.pow, {"a": a, "b": b}, differentiate=[])
    a, b = double([0, 0, 0, 0]), double([0, 1, 2, 3.5])
    yield case("pow", "pow of base zero", torch.pow, {"a": a, "b": b})
    a, b = double([-2, -1.5, -1, -0.5, 0, 3]), double([3, 2, -1, 0, 2, -2])
    yield case("pow", "pow of a negative base", torch.pow, {"a": a, "b": b}, differentiate=["a"])
    for exponent in (0, 1, 2, 3, -1, -2):
        x = double([-2, -1.5, -0.5, 0.25, 1, 3])
        yield case("pow", f"pow with the number {exponent}", partial(power, exponent=exponent), {"x": x},
                   attributes={"exponent": exponent}, second_order=["x"])
    for exponent in (0.5, 1.5, -0.5):
        x = double([0.125, 0.5, 1, 2.5, 9])
        yield case("pow", f"pow with the number {exponent}", partial(power, exponent=exponent), {"x": x},
                   attributes={"exponent": exponent}, second_order=["x"])
    for exponent in (0, 1, 2, 3):
        yield case("pow", f"pow of zero with the number {exponent}", partial(power, exponent=exponent),
                   {"x": double([0.0])}, attributes={"exponent": exponent})


def power(x, exponent):
    return torch.pow(x, exponent)


def selection():
    for shapes in (([2, 3], [2, 3], [2, 3]), ([3], [2, 1], [2, 3]), ([2, 1, 1], [3, 1], [4]), ([], [2], [2, 2])):
        condition, a, b = shapes
        name = f"where {condition} {a} {b}"
        yield case("where", name, torch.where, {
            "condition": torch.randint(0, 2, condition).bool(), "a": grid(*a), "b": grid(*b)})
    x = double([-3, -1.25, -0.5, 0.25, 0.75, 1.5, 4])
    for low, high in ((-1, 1), (-1, None), (None, 0.5), (0.5, 0.5)):
        attributes = {key: value for key, value in (("min", low), ("max", high)) if value is not None}
        yield case("clamp", f"clamp to [{low}, {high}]", partial(torch.clamp, min=low, max=high), {"x": x},
                   attributes=attributes)
    yield case("clamp", "clamp at its limits", partial(torch.clamp, min=-1, max=1), {"x": double([-1, 1])},
               attributes={"min": -1, "max": 1})
    for name, function in COMPARISON.items():
        def compare(a, b, function=function):
            return function(a, b)
        yield case(name, name, compare, {"a": double([1, 2, 3, 0.0, 1]), "b": double([1, 3, 2, -0.0, 1 + 2**-52])},
                   differentiate=[])
        yield case(name, f"{name} with broadcasting", compare, {"a": grid(2, 1, 3, step=1), "b": grid(2, 1, step=1)},
                   differentiate=[])
        yield case(name, f"{name} of special values", compare,
                   {"a": double([nan, nan, inf, -inf]), "b": double([nan, 1, inf, inf])}, differentiate=[])


def cases():
    return [*unary(), *binary(), *selection()]
