"""Functions of one number (angles, logarithms, parts of numbers) and of two (angles, remainders), with broadcasting."""

from functools import partial

import torch

from format import case, grid

case = partial(case, "operator")

nan, inf = float("nan"), float("inf")


def double(values):
    return torch.tensor(values, dtype=torch.float64)


WIDE = [-20, -3.5, -0.75, -2**-20, 2**-20, 0.25, 1.5, 12]
WITHIN_ONE = [-0.9375, -0.5, -2**-20, 2**-20, 0.25, 0.5625, 0.96875]
FROM_ONE = [1.0009765625, 1.25, 2, 7.5, 4096]
POSITIVE = [2**-20, 0.25, 0.9375, 1.0625, 2, 12, 4096]

UNARY = {
    "tan": (torch.tan, [-1.25, -0.5, -2**-20, 2**-20, 0.25, 1, 1.375]),
    "asin": (torch.asin, WITHIN_ONE),
    "acos": (torch.acos, WITHIN_ONE),
    "atan": (torch.atan, WIDE),
    "sinh": (torch.sinh, WIDE),
    "cosh": (torch.cosh, WIDE),
    "asinh": (torch.asinh, WIDE),
    "acosh": (torch.acosh, FROM_ONE),
    "atanh": (torch.atanh, WITHIN_ONE),
    "exp2": (torch.exp2, [-20, -3.5, 2**-20, 0.25, 3]),
    "log2": (torch.log2, POSITIVE),
    "log10": (torch.log10, POSITIVE),
    "rsqrt": (torch.rsqrt, POSITIVE),
    "erfc": (torch.erfc, [-2.5, -0.5, 2**-20, 0.25, 1.25, 3]),
    "trunc": (torch.trunc, [-2.75, -0.5, 0.5, 7.25]),
    "frac": (torch.frac, [-2.75, -0.5, 0.5, 7.25]),
    "isNaN": (torch.isnan, None),
    "isInf": (torch.isinf, None),
    "isFinite": (torch.isfinite, None),
}

SPECIAL = [nan, inf, -inf, 0.0, 2, -2]


def unary():
    for name, (function, points) in UNARY.items():
        if points is not None:
            yield case(name, name, function, {"x": double(points)}, second_order=["x"])
        yield case(name, f"{name} of special values", function, {"x": double(SPECIAL)}, differentiate=[])
    yield case("nanToNum", "nanToNum", torch.nan_to_num, {"x": double([nan, 2, -0.5])})
    yield case("nanToNum", "nanToNum with numbers", partial(torch.nan_to_num, nan=1, posinf=5, neginf=-7),
               {"x": double([nan, inf, -inf, 3])}, attributes={"nan": 1, "posinf": 5, "neginf": -7})


def away_from_zero(*shape):
    return grid(*shape, step=1, span=3) + 0.25


def binary():
    for name, function in (("atan2", torch.atan2), ("hypot", torch.hypot)):
        for a, b in (([4], [4]), ([2, 3], [3]), ([], [2, 2])):
            yield case(name, f"{name} {a} {b}", function, {"a": away_from_zero(*a), "b": grid(*b)},
                       second_order=["a", "b"])
    yield case("atan2", "atan2 of special values", torch.atan2,
               {"a": double([0.0, 0.0, inf, -inf, 1, nan]), "b": double([-1, 1, inf, -inf, inf, 1])}, differentiate=[])
    yield case("hypot", "hypot of special values", torch.hypot,
               {"a": double([0.0, inf, nan, 3]), "b": double([0.0, nan, 1, -4])}, differentiate=[])
    a, b = double([5.25, -5.25, 5.25, -5.25, 0.75, -7.5]), double([2, 2, -2, -2, 0.5, 2.25])
    for name, function in (("remainder", torch.remainder), ("fmod", torch.fmod)):
        yield case(name, name, function, {"a": a, "b": b})
        yield case(name, f"{name} with broadcasting", function, {"a": a.reshape(3, 2), "b": double([2.0])})
        yield case(name, f"{name} of special values", function,
                   {"a": double([5, -5, inf, 5, nan]), "b": double([inf, inf, 2, 0.0, 1])}, differentiate=[])
        yield case(name, f"{name} of integers", function,
                   {"a": torch.tensor([7, -7, 7, -7]), "b": torch.tensor([3, 3, -3, -3])}, differentiate=[])
    yield case("floorDivide", "floorDivide", torch.floor_divide, {"a": a, "b": b}, differentiate=[])
    yield case("floorDivide", "floorDivide of integers", torch.floor_divide,
               {"a": torch.tensor([7, -7, 7, -7]), "b": torch.tensor([3, 3, -3, -3])}, differentiate=[])
    yield case("logAddExp", "logAddExp", torch.logaddexp, {"a": grid(2, 3), "b": grid(3)}, second_order=["a"])
    yield case("logAddExp", "logAddExp of large numbers", torch.logaddexp,
               {"a": double([1000, -1000, 1000]), "b": double([1000, -1001, -1000])})
    yield case("lerp", "lerp", torch.lerp, {"a": grid(2, 3), "b": grid(3), "weight": grid(2, 1)})
    yield case("clampByTensors", "clamp by tensors", torch.clamp,
               {"x": double([-3, 0.5, 4]), "low": double([-1, -1, 2]), "high": double([1, 1, 3])})
    a, b = double([1, 1, 0.0, inf, inf, nan]), double([1 + 9e-6, 1 + 2e-5, 9e-9, inf, -inf, nan])
    yield case("isClose", "isClose", torch.isclose, {"a": a, "b": b}, differentiate=[])


def logic():
    a, b = double([0.0, 0.0, 2, nan]), double([0.0, -1, 0.0, 3])
    for name, function in (("logicalAnd", torch.logical_and), ("logicalOr", torch.logical_or),
                           ("logicalXor", torch.logical_xor)):
        yield case(name, name, function, {"a": a, "b": b}, differentiate=[])
    yield case("logicalNot", "logicalNot", torch.logical_not, {"x": a}, differentiate=[])


def cases():
    return [*unary(), *binary(), *logic()]
