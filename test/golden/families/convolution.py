"""conv1d and conv2d. Inputs are multiples of 1/4, so every value and gradient is exact, in float32 too."""

from functools import partial
from itertools import product

import torch.nn.functional as F

from format import case, grid

case = partial(case, "operator")


def conv(x, weight, bias=True, stride=1, padding=0, dilation=1, groups=1):
    """A case for an input of shape `x` and a weight of shape `weight`; numbers stand for every spatial axis."""
    rank = len(x) - 2
    stride, padding, dilation = (list(option) if isinstance(option, tuple) else [option] * rank
                                 for option in (stride, padding, dilation))
    attributes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    inputs = {"x": grid(*x), "weight": grid(*weight, span=1)}
    if bias:
        inputs["bias"] = grid(weight[0])
    name = (f"conv{rank}d {x} {weight}{' bias' if bias else ''}"
            f" stride={stride} padding={padding} dilation={dilation} groups={groups}")
    function = partial([F.conv1d, F.conv2d][rank - 1], **attributes)
    return case(f"conv{rank}d", name, function, inputs, attributes=attributes)


def grids():
    options = product((1, 2, 3), (0, 1, 2), (1, 2), (1, 2, 4))
    for index, (stride, padding, dilation, groups) in enumerate(options):
        settings = {"bias": index % 2 == 0, "stride": stride, "padding": padding, "dilation": dilation,
                    "groups": groups}
        yield conv([2, 4, 7], [4, 4 // groups, 3], **settings)
        yield conv([2, 4, 5, 4], [4, 4 // groups, 3, 2], **settings)


def shapes():
    yield conv([2, 3, 4, 4], [5, 3, 1, 1])
    yield conv([2, 3, 5, 4], [2, 3, 1, 1], stride=2)
    yield conv([1, 2, 4, 5], [3, 2, 4, 5])
    yield conv([2, 2, 5, 5], [3, 2, 3, 3], padding=1)
    yield conv([1, 3, 6, 6], [2, 3, 3, 3], padding=1, bias=False)
    yield conv([1, 1, 7, 9], [3, 1, 3, 3], padding=1)
    yield conv([1, 2, 7, 6], [2, 2, 3, 3])
    yield conv([1, 3, 9, 8], [2, 3, 7, 7], stride=2, padding=3, bias=False)
    yield conv([1, 2, 6, 7], [2, 2, 5, 5], padding=2)
    yield conv([1, 4, 5, 4], [8, 1, 3, 3], padding=1, groups=4)
    yield conv([2, 6, 4, 4], [4, 3, 2, 3], groups=2)
    yield conv([1, 2, 7, 6], [3, 2, 1, 3], stride=(2, 1), padding=(0, 2), dilation=(1, 2))
    yield conv([1, 2, 7, 6], [3, 2, 3, 1], stride=(1, 3), padding=(2, 0), dilation=(3, 1))
    yield conv([1, 2, 8, 5], [2, 1, 2, 4], stride=(3, 2), padding=(1, 3), dilation=(2, 1), groups=2)
    yield conv([1, 1, 1, 1], [3, 1, 1, 1])
    yield conv([1, 1, 1, 1], [2, 1, 3, 3], padding=1)
    yield conv([2, 2, 9], [3, 2, 9])
    yield conv([1, 3, 6], [2, 3, 1], stride=4)
    yield conv([1, 1, 11], [2, 1, 4], stride=2, padding=3, dilation=3)


def cases():
    return [*grids(), *shapes()]
