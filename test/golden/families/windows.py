"""
Pooling with every option, in three dimensions and adaptive; padding modes of convolutions; unfold and fold.
In a window with ties torch takes the first value.
"""

from functools import partial

import torch.nn.functional as F

from format import case, distinct, grid

case = partial(case, "operator")
POOLS = {"maxPool1d": F.max_pool1d, "maxPool2d": F.max_pool2d, "maxPool3d": F.max_pool3d,
         "avgPool1d": F.avg_pool1d, "avgPool2d": F.avg_pool2d, "avgPool3d": F.avg_pool3d}
ADAPTIVE = {"adaptiveMaxPool1d": F.adaptive_max_pool1d, "adaptiveMaxPool2d": F.adaptive_max_pool2d,
            "adaptiveMaxPool3d": F.adaptive_max_pool3d, "adaptiveAvgPool1d": F.adaptive_avg_pool1d,
            "adaptiveAvgPool2d": F.adaptive_avg_pool2d, "adaptiveAvgPool3d": F.adaptive_avg_pool3d}
NAMES = {"ceilMode": "ceil_mode", "countIncludePad": "count_include_pad"}


def pool(operator, shape, kernel_size, stride, padding, ties=False, **options):
    attributes = {"kernelSize": kernel_size, "stride": stride, "padding": padding, **options}
    name = f"{operator} {shape}{' with ties' if ties else ''} {kernel_size} stride={stride} padding={padding}"
    name += "".join(f" {key}={value}" for key, value in options.items())
    function = partial(POOLS[operator], kernel_size=kernel_size, stride=stride, padding=padding,
                       **{NAMES.get(key, key): value for key, value in options.items()})
    x = grid(*shape, step=1, span=1) if ties else distinct(*shape)
    return case(operator, name, function, {"x": x}, attributes=attributes)


def maxima():
    yield pool("maxPool1d", [2, 1, 7], [2], [2], [0], ceilMode=True)
    yield pool("maxPool1d", [1, 2, 8], [3], [2], [1], dilation=[2])
    yield pool("maxPool1d", [1, 1, 7], [3], [3], [1], dilation=[2], ceilMode=True)
    yield pool("maxPool1d", [1, 1, 2], [3], [2], [1], ceilMode=True)
    yield pool("maxPool2d", [1, 2, 5, 7], [2, 2], [2, 2], [0, 0], ceilMode=True)
    yield pool("maxPool2d", [1, 1, 6, 5], [3, 2], [2, 3], [1, 1], ceilMode=True)
    yield pool("maxPool2d", [1, 1, 7, 8], [2, 3], [1, 2], [1, 0], dilation=[3, 2])
    yield pool("maxPool3d", [1, 2, 4, 4, 4], [2, 2, 2], [2, 2, 2], [0, 0, 0])
    yield pool("maxPool3d", [1, 1, 5, 4, 3], [3, 2, 2], [2, 1, 2], [1, 1, 0], ceilMode=True)
    yield pool("maxPool3d", [1, 1, 4, 5, 4], [2, 2, 3], [1, 2, 1], [0, 1, 1], dilation=[2, 1, 1])
    yield pool("maxPool3d", [1, 1, 4, 4, 4], [3, 3, 3], [1, 1, 1], [1, 1, 1], ties=True)


def averages():
    for counted in (True, False):
        yield pool("avgPool1d", [1, 2, 7], [3], [2], [1], ceilMode=True, countIncludePad=counted)
        yield pool("avgPool1d", [1, 1, 6], [4], [3], [2], ceilMode=True, countIncludePad=counted)
        yield pool("avgPool2d", [1, 1, 5, 6], [2, 3], [2, 2], [1, 1], ceilMode=True, countIncludePad=counted)
        yield pool("avgPool2d", [1, 1, 5, 5], [3, 3], [3, 2], [0, 1], ceilMode=True, countIncludePad=counted)
        yield pool("avgPool3d", [1, 1, 4, 5, 3], [2, 3, 2], [2, 2, 1], [1, 1, 0], countIncludePad=counted)
        yield pool("avgPool3d", [1, 1, 4, 3, 5], [3, 2, 2], [2, 2, 3], [1, 0, 1], ceilMode=True,
                   countIncludePad=counted)
    yield pool("avgPool3d", [1, 2, 4, 4, 4], [2, 2, 2], [2, 2, 2], [0, 0, 0])


def bins():
    for operator, function in ADAPTIVE.items():
        rank = int(operator[-2])
        for shape, size in (([1, 2, 6, 4, 4], [3, 2, 2]), ([1, 1, 5, 3, 4], [3, 2, 3]), ([1, 1, 2, 3, 2], [3, 3, 1])):
            shape, size = shape[:2 + rank], size[:rank]
            yield case(operator, f"{operator} {shape} {size}", partial(function, output_size=size),
                       {"x": distinct(*shape)}, attributes={"size": size})


def padded():
    for mode in ("reflect", "replicate", "circular"):
        for rank, convolve in ((1, F.conv1d), (2, F.conv2d), (3, F.conv3d)):
            padding = [2, 1, 1][:rank]
            ends = [end for each in reversed(padding) for end in (each, each)]

            def function(x, weight, bias, convolve=convolve, ends=ends, mode=mode):
                return convolve(F.pad(x, ends, mode=mode), weight, bias, stride=2)

            shape = [1, 2, 4, 3, 3][:2 + rank]
            kernel = [3, 2, 2][:rank]
            yield case(f"conv{rank}d", f"conv{rank}d {shape} {mode}", function,
                       {"x": grid(*shape), "weight": grid(2, 2, *kernel, span=1), "bias": grid(2)},
                       attributes={"stride": [2] * rank, "padding": padding, "paddingMode": mode})


def columns():
    for kernel, stride, padding, dilation in (([2, 2], [2, 2], [0, 0], [1, 1]), ([3, 2], [1, 2], [1, 0], [1, 2]),
                                              ([2, 3], [2, 1], [1, 2], [3, 1])):
        attributes = {"kernelSize": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        options = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        x = grid(1, 2, 4, 6)
        yield case("unfold", f"unfold {kernel} {stride} {padding} {dilation}", partial(F.unfold, **options), {"x": x},
                   attributes=attributes)
        yield case("fold", f"fold {kernel} {stride} {padding} {dilation}", partial(F.fold, output_size=[4, 6], **options),
                   {"x": grid(*F.unfold(x, **options).shape)}, attributes={**attributes, "size": [4, 6]})


def cases():
    return [*maxima(), *averages(), *bins(), *padded(), *columns()]
