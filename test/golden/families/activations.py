"""Activations beyond those of `elementwise`: values and derivatives between and at their kinks."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, grid

case = partial(case, "layer")
REAL = [-30, -7.5, -3.25, -2, -1.5, -0.75, -2**-10, 2**-20, 0.25, 0.75, 1.5, 2.5, 7, 15]
KINKS = [-6, -3, -1, 0, 1, 3, 6]
ACTIVATIONS = {  # class: (function, options in PyTorch's order)
    "LeakyReLU": (F.leaky_relu, [{}, {"negative_slope": 0.25}]),
    "ELU": (F.elu, [{}, {"alpha": 0.5}]),
    "SELU": (F.selu, [{}]),
    "CELU": (F.celu, [{}, {"alpha": 2}]),
    "Hardtanh": (F.hardtanh, [{}, {"min_val": -3, "max_val": 6}]),
    "ReLU6": (F.relu6, [{}]),
    "Hardsigmoid": (F.hardsigmoid, [{}]),
    "Hardswish": (F.hardswish, [{}]),
    "Softplus": (partial(F.softplus, threshold=1000), [{}, {"beta": 2}]),
    "Softsign": (F.softsign, [{}]),
    "Mish": (F.mish, [{}]),
    "LogSigmoid": (F.logsigmoid, [{}]),
    "GELU": (F.gelu, [{"approximate": "tanh"}]),
    "Softmax": (F.softmax, [{"dim": 0}, {"dim": -1}]),
    "LogSoftmax": (F.log_softmax, [{"dim": 0}, {"dim": -1}]),
}
WITHOUT_SECOND_ORDER = ("LeakyReLU", "Hardtanh", "ReLU6", "Hardsigmoid", "Hardswish", "SELU", "ELU", "CELU")


def cases():
    result = []
    for name, (function, choices) in ACTIVATIONS.items():
        for options in choices:
            attributes = {key.replace("dim", "axis"): value for key, value in options.items()}
            label = f"{name}{''.join(f' {key}={value}' for key, value in options.items())}"
            x = torch.tensor(REAL, dtype=torch.float64).reshape(2, 7)
            second = [] if name in WITHOUT_SECOND_ORDER else ["x"]
            result.append(case(name, label, partial(function, **options), {"x": x}, attributes=attributes,
                               second_order=second))
            if second == []:
                result.append(case(name, f"{label} at kinks", partial(function, **options),
                                   {"x": torch.tensor(KINKS, dtype=torch.float64)}, attributes=attributes))
    for shape, slopes in (([2, 3], 1), ([2, 3], 3), ([2, 3, 2], 3), ([4], 1)):
        result.append(case("PReLU", f"PReLU {shape} with {slopes}", F.prelu, {"x": grid(*shape)},
                           parameters={"weight": grid(slopes, step=1 / 8, span=1)},
                           attributes={"slopes": slopes}))
    return result
