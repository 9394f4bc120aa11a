"""Transposed convolutions, and convolutions with padding by words. Inputs are multiples of 1/4: all values are exact."""

from functools import partial

import torch.nn.functional as F

from format import case, grid

case = partial(case, "operator")
TRANSPOSED = [F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d]
FORWARD = [F.conv1d, F.conv2d, F.conv3d]


def listed(option, rank):
    return list(option) if isinstance(option, tuple) else [option] * rank


def transposed(x, weight, bias=True, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    rank = len(x) - 2
    stride, padding, output_padding, dilation = (
        listed(option, rank) for option in (stride, padding, output_padding, dilation))
    inputs = {"x": grid(*x), "weight": grid(*weight, span=1)}
    if bias:
        inputs["bias"] = grid(weight[1] * groups)
    attributes = {"stride": stride, "padding": padding, "outputPadding": output_padding, "dilation": dilation,
                  "groups": groups}
    name = (f"convTranspose{rank}d {x} {weight}{' bias' if bias else ''} stride={stride} padding={padding}"
            f" outputPadding={output_padding} dilation={dilation} groups={groups}")
    function = partial(TRANSPOSED[rank - 1], stride=stride, padding=padding, output_padding=output_padding,
                       dilation=dilation, groups=groups)
    return case(f"convTranspose{rank}d", name, function, inputs, attributes=attributes)


def worded(x, weight, padding, stride=1, dilation=1, groups=1):
    rank = len(x) - 2
    stride, dilation = listed(stride, rank), listed(dilation, rank)
    attributes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    name = f"conv{rank}d {x} {weight} padding={padding} stride={stride} dilation={dilation} groups={groups}"
    return case(f"conv{rank}d", name, partial(FORWARD[rank - 1], **attributes),
                {"x": grid(*x), "weight": grid(*weight, span=1), "bias": grid(weight[0])}, attributes=attributes)


def every():
    yield transposed([2, 3, 5], [3, 2, 3])
    yield transposed([1, 2, 4], [2, 2, 3], stride=2, padding=1, output_padding=1, bias=False)
    yield transposed([1, 4, 4], [4, 3, 2], stride=3, dilation=2, groups=2)
    yield transposed([1, 1, 3], [1, 1, 2], dilation=3, output_padding=2)
    yield transposed([2, 3, 3, 4], [3, 2, 2, 2], stride=2)
    yield transposed([1, 2, 4, 3], [2, 3, 3, 3], stride=2, padding=1, output_padding=1)
    yield transposed([1, 2, 3, 3], [2, 2, 3, 3], padding=1)
    yield transposed([1, 4, 3, 2], [4, 1, 3, 2], stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2)
    yield transposed([1, 3, 3, 3], [3, 1, 4, 4], stride=2, padding=1, groups=3, bias=False)
    yield transposed([1, 2, 1, 1], [2, 2, 3, 2], stride=(3, 2), output_padding=(2, 1))
    yield transposed([1, 2, 2, 3, 2], [2, 2, 2, 2, 2], stride=2)
    yield transposed([1, 2, 2, 2, 3], [2, 1, 3, 2, 3], stride=(2, 1, 2), padding=(1, 0, 1), output_padding=(1, 0, 1),
                     dilation=(1, 2, 1), groups=2)
    yield transposed([2, 2, 2, 3, 3], [2, 3, 1, 3, 3], padding=(0, 1, 1), bias=False)
    yield worded([2, 2, 6], [3, 2, 4], "same")
    yield worded([1, 2, 6], [2, 1, 3], "same", dilation=2, groups=2)
    yield worded([1, 2, 5], [2, 2, 2], "valid", stride=2)
    yield worded([1, 2, 5, 4], [2, 2, 2, 3], "same")
    yield worded([1, 2, 5, 4], [2, 2, 4, 2], "same", dilation=(1, 3))
    yield worded([1, 2, 5, 4], [2, 2, 2, 3], "valid", stride=(2, 1))
    yield worded([1, 2, 3, 4, 3], [2, 2, 2, 3, 3], "same")
    yield worded([1, 2, 3, 4, 3], [2, 2, 2, 3, 2], "valid", stride=(1, 2, 1))


def cases():
    return list(every())
