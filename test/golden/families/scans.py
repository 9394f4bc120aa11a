"""Running sums and products, deviations, norms, counts, orders along axes."""

from functools import partial

import torch

from format import case, distinct, grid

case = partial(case, "operator")


def running():
    for name, function in (("cumsum", torch.cumsum), ("cumprod", torch.cumprod)):
        for shape, axis in (([5], 0), ([2, 3], 1), ([2, 3, 2], 1), ([2, 3], -2)):
            yield case(name, f"{name} {shape} axis={axis}", partial(function, dim=axis), {"x": grid(*shape)},
                       attributes={"axis": axis}, second_order=["x"])
    for data in ([2.0, 0.0, 3.0, -1.5], [0.0, 2.0, 0.0, 1.0]):
        yield case("cumprod", f"cumprod of {data}", partial(torch.cumprod, dim=0),
                   {"x": torch.tensor(data, dtype=torch.float64)}, attributes={"axis": 0}, second_order=["x"])


def deviations():
    for axes in ([0], [1], [0, 1]):
        for unbiased in (True, False):
            yield case("std", f"std axes={axes} unbiased={unbiased}",
                       partial(torch.std, dim=axes, unbiased=unbiased, keepdim=True), {"x": distinct(3, 4)},
                       attributes={"axes": axes, "unbiased": unbiased}, second_order=["x"])
    yield case("std", "std of equal numbers", partial(torch.std, dim=[0], unbiased=False, keepdim=True),
               {"x": torch.full((3,), 2.0, dtype=torch.float64)}, attributes={"axes": [0], "unbiased": False})


def norm(x, p, axes):
    return torch.norm(x, p, axes)


def norms():
    for p in (1, 2, 3, 0.5, float("inf"), float("-inf")):
        yield case("norm", f"norm p={p}", partial(norm, p=p, axes=[1]), {"x": distinct(2, 4)},
                   attributes={"p": str(p), "axes": [1]})
    yield case("norm", "norm of zeros", partial(norm, p=2, axes=[0, 1]),
               {"x": torch.zeros(2, 2, dtype=torch.float64)}, attributes={"p": "2", "axes": [0, 1]})
    yield case("norm", "norm p=2 second order", partial(norm, p=2, axes=[0]), {"x": distinct(3, 2)},
               attributes={"p": "2", "axes": [0]}, second_order=["x"])


def counts():
    x = torch.tensor([[0.0, 2, float("nan")], [1, -1, 3], [0.0, 0.0, 0.0]], dtype=torch.float64)
    for name, function in (("any", torch.any), ("all", torch.all), ("countNonzero", torch.count_nonzero)):
        yield case(name, name, partial(function, dim=1), {"x": x}, attributes={"axis": 1}, differentiate=[])


def ordered(x, axis, descending):
    values, indices = torch.sort(x, dim=axis, descending=descending, stable=True)
    return {"values": values, "indices": indices}


def orders():
    for axis in (0, 1, -1):
        for descending in (False, True):
            attributes = {"axis": axis, "descending": descending}
            yield case("sort", f"sort axis={axis} descending={descending}", partial(ordered, **attributes),
                       {"x": grid(3, 4, step=1)}, attributes=attributes)
    x = torch.tensor([2, float("nan"), 1, float("inf"), float("nan"), 1], dtype=torch.float64)
    for descending in (False, True):
        attributes = {"axis": 0, "descending": descending}
        yield case("sort", f"sort with NaN descending={descending}", partial(ordered, **attributes), {"x": x},
                   attributes=attributes, differentiate=[])
    for shape in ([5], [3, 4]):
        yield case("median", f"median {shape}", lambda x: torch.median(x, dim=-1).values, {"x": distinct(*shape)})
    for q in (0, 0.25, 0.9, 1):
        yield case("quantile", f"quantile {q}", lambda x: torch.quantile(x, q, dim=-1), {"x": distinct(3, 4)},
                   attributes={"q": q})
    yield case("median", "median with NaN", lambda x: torch.median(x, dim=-1).values, {"x": x}, differentiate=[])


def cases():
    return [*running(), *deviations(), *norms(), *counts(), *orders()]
