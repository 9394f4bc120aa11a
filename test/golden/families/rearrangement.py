"""Elements elsewhere: pads, reversed and stepped parts, repetitions, diagonals, masks, and what goes to named places."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, distinct, grid

case = partial(case, "operator")


def pad(x, widths, mode):
    flat = [count for pair in reversed(widths) for count in pair]
    return F.pad(x[None, None], flat, mode=mode)[0, 0]


def pads():
    for mode in ("replicate", "reflect", "circular"):
        for shape, widths in (([4], [[2, 1]]), ([3, 4], [[1, 2], [3, 0]]), ([2, 3, 2], [[1, 0], [1, 2], [0, 1]])):
            yield case("pad", f"pad by {mode} {widths}", partial(pad, widths=widths, mode=mode), {"x": grid(*shape)},
                       attributes={"widths": widths, "mode": mode})
    yield case("pad", "pad by less than nothing", lambda x: F.pad(x, [-1, 2, 1, -1]), {"x": grid(3, 4)},
               attributes={"widths": [[1, -1], [-1, 2]]})


def rearranged():
    x = grid(3, 4)
    yield case("flip", "flip", lambda x: torch.flip(x, [0]), {"x": x}, attributes={"axes": [0]})
    yield case("flip", "flip of both axes", lambda x: torch.flip(x, [0, 1]), {"x": x}, attributes={"axes": [0, 1]})
    for shifts, axes in ((1, 0), (-2, 1), ([1, 3], [0, 1])):
        yield case("roll", f"roll {shifts} along {axes}", partial(torch.roll, shifts=shifts, dims=axes), {"x": x},
                   attributes={"shifts": shifts, "axes": axes})
    yield case("roll", "roll of all elements", partial(torch.roll, shifts=5), {"x": x}, attributes={"shifts": 5})
    for times in (1, 2, -1, 4):
        yield case("rot90", f"rot90 {times} times", partial(torch.rot90, k=times, dims=[1, 0]), {"x": x},
                   attributes={"times": times, "axes": [1, 0]})
    yield case("bincount", "bincount", lambda labels: torch.bincount(labels, minlength=5),
               {"labels": torch.tensor([1, 4, 1, 0, 1])}, attributes={"count": 5})
    yield case("repeat", "repeat", lambda x: x.repeat(2, 1, 3), {"x": grid(2, 2)}, attributes={"times": [2, 1, 3]})
    yield case("repeatInterleave", "repeatInterleave", lambda x: torch.repeat_interleave(x, 3, dim=1),
               {"x": grid(2, 2)}, attributes={"times": 3, "axis": 1})
    yield case("split", "split", lambda x: dict(zip("abc", torch.split(x, [1, 0, 3], dim=1))), {"x": x},
               attributes={"size": [1, 0, 3], "axis": 1})
    yield case("split", "split by a size", lambda x: dict(zip("abc", torch.split(x, 2, dim=0))), {"x": x},
               attributes={"size": 2, "axis": 0})
    yield case("chunk", "chunk", lambda x: dict(zip("abc", torch.chunk(x, 3, dim=1))), {"x": x},
               attributes={"count": 3, "axis": 1})
    yield case("unbind", "unbind", lambda x: dict(zip("abc", torch.unbind(x, dim=0))), {"x": x}, attributes={"axis": 0})
    yield case("take", "take", lambda x, index: x[index], {"x": x, "index": torch.tensor([[2, 0], [0, 1]])},
               attributes={"axis": 0})
    for indexing in ("ij", "xy"):
        yield case("meshgrid", f"meshgrid {indexing}",
                   lambda a, b, indexing=indexing: dict(zip("ab", torch.meshgrid(a, b, indexing=indexing))),
                   {"a": grid(2), "b": grid(3)}, attributes={"indexing": indexing})


def triangles():
    for name in ("tril", "triu", "diagonal"):
        for diagonal in (-1, 0, 2):
            options = {"offset": diagonal, "dim1": -2, "dim2": -1} if name == "diagonal" else {"diagonal": diagonal}
            yield case(name, f"{name} {diagonal}", partial(getattr(torch, name), **options), {"x": grid(2, 3, 4)},
                       attributes={"diagonal": diagonal})
    for diagonal in (-1, 0, 2):
        yield case("diagEmbed", f"diagEmbed {diagonal}", partial(torch.diag_embed, offset=diagonal),
                   {"x": grid(2, 2)}, attributes={"diagonal": diagonal})
    yield case("oneHot", "oneHot", partial(F.one_hot, num_classes=4), {"labels": torch.tensor([[3, 0], [1, 1]])},
               attributes={"classes": 4}, differentiate=[])
    yield case("maskedFill", "maskedFill", lambda x, mask: x.masked_fill(mask, 1.5),
               {"x": grid(2, 3), "mask": torch.tensor([True, False, True])}, attributes={"value": 1.5})


def replaced(x, index, source, axis):
    return torch.scatter(x, axis, index, source)


def reduced(x, index, source, axis, reduction):
    return torch.scatter_reduce(x, axis, index, source, reduction, include_self=True)


def scattered():
    index = torch.tensor([[2, 0, 1], [1, 2, 0]])
    yield case("scatter", "scatter replaces", partial(replaced, axis=1),
               {"x": grid(2, 4), "index": index, "source": grid(2, 3)}, attributes={"axis": 1, "reduction": "replace"},
               second_order=["x", "source"])
    index = torch.tensor([[2, 0, 2], [1, 1, 1]])
    for ours, theirs in (("add", "sum"), ("mul", "prod"), ("max", "amax"), ("min", "amin")):
        numbers = distinct(14)
        yield case("scatter", f"scatter by {ours}", partial(reduced, axis=1, reduction=theirs),
                   {"x": numbers[:8].reshape(2, 4), "index": index, "source": numbers[8:].reshape(2, 3)},
                   attributes={"axis": 1, "reduction": ours})
    x, source = torch.tensor([3.0, 1, 2], dtype=torch.float64), torch.tensor([3.0, 3, 1, 0], dtype=torch.float64)
    for ours, theirs in (("max", "amax"), ("min", "amin")):
        yield case("scatter", f"scatter by {ours} with equal numbers", partial(reduced, axis=0, reduction=theirs),
                   {"x": x, "index": torch.tensor([0, 0, 1, 2]), "source": source},
                   attributes={"axis": 0, "reduction": ours})
    yield case("scatter", "scatter by mul with zeros", partial(reduced, axis=0, reduction="prod"),
               {"x": x, "index": torch.tensor([0, 0, 1, 2]),
                "source": torch.tensor([0.0, 3, 0.0, 2], dtype=torch.float64)},
               attributes={"axis": 0, "reduction": "mul"})


def cases():
    return [*pads(), *rearranged(), *triangles(), *scattered()]
