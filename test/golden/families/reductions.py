"""Reductions over sets of axes, positions of extremes, softmax and its logarithm."""

from functools import partial

import torch

from format import case, distinct, grid

case = partial(case, "operator")
AXES = [None, [0], [1], [-1], [0, 2], [0, 1, 2]]
SMOOTH = ("prod", "variance", "logsumexp")


def reduce(x, function, axes, keepdim):
    """`function` over the last axis of x with all reduced axes moved there and made one."""
    reduced = sorted(axis % x.dim() for axis in (range(x.dim()) if axes is None else axes))
    kept = [axis for axis in range(x.dim()) if axis not in reduced]
    result = function(x.permute(*kept, *reduced).flatten(len(kept)))
    return result.reshape([1 if axis in reduced else size for axis, size in enumerate(x.shape)]) if keepdim else result


FUNCTIONS = {
    "sum": lambda x: x.sum(-1),
    "mean": lambda x: x.mean(-1),
    "max": lambda x: x.amax(-1),
    "min": lambda x: x.amin(-1),
    "prod": lambda x: x.prod(-1),
    "logsumexp": lambda x: x.logsumexp(-1),
    "variance": lambda x: x.var(-1, unbiased=False),
}


def reduction(operator, name, x, axes=None, keepdim=False, function=None, extra=None, **options):
    function = partial(reduce, function=function or FUNCTIONS[operator], axes=axes, keepdim=keepdim)
    attributes = {"axes": axes, "keepdim": keepdim, **(extra or {})}
    return case(operator, name, function, {"x": x}, attributes=attributes, **options)


def over_axes():
    for operator in FUNCTIONS:
        for axes in AXES:
            for keepdim in (False, True):
                name = f"{operator} axes={axes} keepdim={keepdim}"
                order = ["x"] if operator in SMOOTH else []
                if operator == "variance":
                    for unbiased in (False, True):
                        function = partial(torch.var, dim=-1, unbiased=unbiased)
                        yield reduction(operator, f"{name} unbiased={unbiased}", distinct(2, 3, 4), axes, keepdim,
                                        function, {"unbiased": unbiased}, second_order=order)
                else:
                    x = distinct(2, 3, 4, step=1 / 8) if operator == "prod" else distinct(2, 3, 4)
                    yield reduction(operator, name, x, axes, keepdim, second_order=order)


def traps():
    for operator in ("sum", "prod"):
        x = torch.zeros(2, 0, 3, dtype=torch.float64)
        yield reduction(operator, f"{operator} over an axis of size 0", x, [1])
        yield reduction(operator, f"{operator} beside an axis of size 0", x, [2])
    ties = torch.tensor([[2.0, 1, 2, 0], [-1, -1, -1, -1], [3, 4, 1, 4]], dtype=torch.float64)
    for operator in ("max", "min"):
        for axes in (None, [0], [1]):
            yield reduction(operator, f"{operator} with ties, axes={axes}", ties, axes)
        yield reduction(operator, f"{operator} with NaN", torch.tensor([[1.0, float("nan")], [2, 3]]).double(), [1],
                        differentiate=[])
    zeros = torch.tensor([[1.5, -2, 0.5, 4], [1.5, 0, 0.5, 4], [0, -2, 0.5, 0]], dtype=torch.float64)
    yield reduction("prod", "prod of rows with no, one and two zeros", zeros, [1], second_order=["x"])
    yield reduction("prod", "prod of columns with zeros", zeros, [0])
    for rows in (0, 1, 2):
        yield reduction("prod", f"prod of everything with {rows} zeros", zeros[rows])
    offset = distinct(2, 6) + 2.0**20
    yield reduction("variance", "variance far from zero", offset, [1], extra={"unbiased": False})
    yield reduction("variance", "variance of equal values", torch.full((2, 3), 1.5).double(), [1],
                    extra={"unbiased": False})
    large = torch.tensor([[1000.0, 1000, 999], [-1000, -1001, -1000]], dtype=torch.float64)
    yield reduction("logsumexp", "logsumexp of large values", large, [1])
    infinite = torch.tensor([[float("-inf"), float("-inf")], [float("-inf"), 1], [float("inf"), 1]]).double()
    yield reduction("logsumexp", "logsumexp of infinite values", infinite, [1], differentiate=[])


def positions():
    """Positions are int32; of equal values the first counts."""
    for operator, function in (("argmax", torch.argmax), ("argmin", torch.argmin)):
        for axis in (0, 1, -1):
            for keepdim in (False, True):
                yield case(operator, f"{operator} axis={axis} keepdim={keepdim}",
                           partial(function, dim=axis, keepdim=keepdim), {"x": distinct(2, 3, 4)},
                           attributes={"axis": axis, "keepdim": keepdim}, differentiate=[])
        ties = torch.tensor([[1.0, 3, 3, 1], [2, 2, 2, 2]], dtype=torch.float64)
        yield case(operator, f"{operator} with ties", partial(function, dim=1), {"x": ties},
                   attributes={"axis": 1, "keepdim": False}, differentiate=[])
        yield case(operator, f"{operator} of everything", function, {"x": distinct(3, 4)},
                   attributes={"axis": None, "keepdim": False}, differentiate=[])
    for k, axis, largest in ((1, -1, True), (3, -1, True), (2, 0, True), (2, -1, False), (5, 1, True)):
        def topk(x, k=k, axis=axis, largest=largest):
            values, indices = torch.topk(x, k, axis, largest, sorted=True)
            return {"values": values, "indices": indices}
        yield case("topk", f"topk k={k} axis={axis} largest={largest}", topk, {"x": distinct(3, 5)},
                   attributes={"k": k, "axis": axis, "largest": largest})


def softmaxes():
    for operator, function in (("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)):
        for axis in (0, 1, -1):
            yield case(operator, f"{operator} axis={axis}", partial(function, dim=axis), {"x": grid(2, 3, 4)},
                       attributes={"axis": axis}, second_order=["x"])
        large = torch.tensor([[1000.0, 1000, 999], [-1000, 0, 1000]], dtype=torch.float64)
        yield case(operator, f"{operator} of large values", partial(function, dim=1), {"x": large},
                   attributes={"axis": 1})


def cases():
    return [*over_axes(), *traps(), *positions(), *softmaxes()]
