"""Matrix products, and operators that move values: permute, slice, concat, stack, pad, gather, expand."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, grid

case = partial(case, "operator")

PRODUCTS = [([3], [3]), ([2, 3], [3]), ([3], [3, 2]), ([2, 3], [3, 4]), ([1, 1], [1, 1]), ([1, 5], [5, 1]),
            ([5, 1], [1, 5]), ([7, 9], [9, 5]), ([2, 3, 4], [2, 4, 2]), ([2, 3, 4], [4, 2]), ([3, 4], [2, 4, 2]),
            ([2, 1, 2, 3], [3, 3, 2]), ([2, 1, 2, 3], [1, 3, 3, 2]), ([4], [2, 4, 2]), ([2, 3, 4], [4]),
            ([2, 0], [0, 3]), ([0, 2], [2, 3])]


def products():
    for left, right in PRODUCTS:
        yield case("matmul", f"matmul {left} {right}", torch.matmul, {"a": grid(*left), "b": grid(*right)},
                   second_order=["a", "b"])


def views():
    for axes in ([0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]):
        yield case("permute", f"permute {axes}", partial(permute, axes=axes), {"x": grid(2, 3, 4)},
                   attributes={"axes": axes})
    for ranges in ([[0, 4, 1], [0, 6, 1]], [[1, 3, 1], [2, 6, 1]], [[0, 4, 2], [1, 6, 3]], [[3, 4, 5], [0, 5, 4]],
                   [[2, 2, 1], [0, 6, 1]]):
        yield case("slice", f"slice {ranges}", partial(cut, ranges=ranges), {"x": grid(4, 6)},
                   attributes={"ranges": ranges})
    for source, target in (([3], [2, 3]), ([1, 3], [2, 3]), ([2, 1, 3], [2, 4, 3]), ([], [2, 2]), ([1], [0])):
        yield case("expand", f"expand {source} to {target}", partial(expand, shape=target), {"x": grid(*source)},
                   attributes={"shape": target})


def permute(x, axes):
    return x.permute(axes)


def cut(x, ranges):
    return x[tuple(slice(*bounds) for bounds in ranges)]


def expand(x, shape):
    return x.expand(shape)


def join():
    for axis, shapes in ((0, ([2, 3], [1, 3], [3, 3])), (1, ([2, 3], [2, 1])), (-1, ([2, 1, 2], [2, 1, 3])),
                         (0, ([2], [0], [1])), (1, ([2, 2],))):
        inputs = {key: grid(*shape) for key, shape in zip("abc", shapes)}
        yield case("concat", f"concat {list(shapes)} axis={axis}", partial(concat, axis=axis), inputs,
                   attributes={"axis": axis})
    for axis in (0, 1, 2, -1):
        inputs = {key: grid(2, 3) for key in "abc"}
        yield case("stack", f"stack axis={axis}", partial(stack, axis=axis), inputs, attributes={"axis": axis})


def concat(*tensors, axis):
    return torch.cat(tensors, axis)


def stack(*tensors, axis):
    return torch.stack(tensors, axis)


def pads():
    for padding in ([[1, 2]], [[0, 0], [2, 1]], [[1, 0], [0, 0], [2, 3]]):
        for value in (0, 1.5):
            shape = [2, 3, 2][:len(padding)]
            yield case("pad", f"pad {padding} with {value}", partial(pad, padding=padding, value=value),
                       {"x": grid(*shape)}, attributes={"padding": padding, "value": value})


def pad(x, padding, value):
    flat = [count for pair in reversed(padding) for count in pair]
    return F.pad(x, flat, value=value)


def gathers():
    """torch.gather: y[i][j][k] = x[index[i][j][k]][j][k] along axis 0, and so on; repeated positions add up."""
    for shape, axis, index_shape in (([3, 4], 0, [5, 4]), ([3, 4], 1, [3, 6]), ([3, 4], -1, [2, 3]), ([5], 0, [7]),
                                     ([2, 3, 2], 1, [2, 4, 2])):
        index = torch.randint(0, shape[axis], index_shape)
        yield case("gather", f"gather {shape} axis={axis} index {index_shape}", partial(gather, axis=axis),
                   {"x": grid(*shape), "index": index}, attributes={"axis": axis})


def gather(x, index, axis):
    return torch.gather(x, axis, index)


def cases():
    return [*products(), *views(), *join(), *pads(), *gathers()]
