"""Maximum and average pooling in one and two dimensions. In a window with ties torch takes the first value."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, distinct, grid

case = partial(case, "operator")
POOLS = {"maxPool1d": F.max_pool1d, "maxPool2d": F.max_pool2d, "avgPool1d": F.avg_pool1d, "avgPool2d": F.avg_pool2d}
WINDOWS = {  # rank: (kernel size, stride, padding)
    1: [([2], [2], [0]), ([3], [1], [1]), ([3], [2], [1]), ([2], [3], [0]), ([1], [1], [0]), ([7], [1], [0]),
        ([4], [2], [2])],
    2: [([2, 2], [2, 2], [0, 0]), ([3, 3], [2, 2], [1, 1]), ([3, 3], [1, 1], [1, 1]), ([2, 3], [1, 2], [0, 1]),
        ([3, 2], [3, 1], [1, 0]), ([1, 1], [2, 2], [0, 0]), ([6, 5], [1, 1], [0, 0]), ([2, 2], [1, 3], [1, 1])],
}


def pool(operator, label, x, kernel_size, stride, padding, **options):
    attributes = {"kernelSize": kernel_size, "stride": stride, "padding": padding}
    if operator.startswith("avg"):
        attributes["countIncludePad"] = options.get("count_include_pad", True)
    name = f"{operator} {label}{kernel_size} stride={stride} padding={padding}"
    if options:
        name += " countIncludePad=False"
    function = partial(POOLS[operator], kernel_size=kernel_size, stride=stride, padding=padding, **options)
    return case(operator, name, function, {"x": x}, attributes=attributes)


def windows():
    for operator in POOLS:
        rank = 1 if operator.endswith("1d") else 2
        shape = [2, 2, 7] if rank == 1 else [2, 2, 6, 5]
        for window in WINDOWS[rank]:
            yield pool(operator, "", distinct(*shape), *window)
            if operator.startswith("avg") and any(window[2]):
                yield pool(operator, "", distinct(*shape), *window, count_include_pad=False)


def ties():
    equal = torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    yield pool("maxPool2d", "of equal values ", equal, [2, 2], [2, 2], [0, 0])
    yield pool("maxPool2d", "of equal values ", equal, [3, 3], [1, 1], [1, 1])
    yield pool("maxPool2d", "with ties ", grid(1, 2, 5, 5, step=1, span=1), [3, 3], [2, 2], [1, 1])
    yield pool("maxPool1d", "with ties ", grid(2, 1, 8, step=1, span=1), [3], [1], [1])
    yield pool("maxPool2d", "of negative values ", -10 - distinct(1, 1, 4, 4).abs(), [3, 3], [2, 2], [1, 1])
    yield pool("maxPool1d", "of negative values ", -10 - distinct(1, 2, 5).abs(), [2], [2], [1])


def whole():
    for shape in ([2, 3, 5], [2, 3, 4, 3], [1, 2, 1, 1]):
        axes = list(range(2, len(shape)))
        rank = len(axes)

        def maximum(x, axes=axes):
            return x.amax(axes, keepdim=True)

        def average(x, axes=axes):
            return x.mean(axes, keepdim=True)

        yield case(f"globalMaxPool{rank}d", f"globalMaxPool{rank}d {shape}", maximum, {"x": distinct(*shape)})
        yield case(f"globalAvgPool{rank}d", f"globalAvgPool{rank}d {shape}", average, {"x": distinct(*shape)})


def cases():
    return [*windows(), *ties(), *whole()]
