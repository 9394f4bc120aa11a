"""Gains, fans, and the bounds or standard deviations that torch.nn.init draws with."""

from functools import partial

import torch
from torch.nn import init

from format import case

case = partial(case, "initialization", differentiate=[])
SHAPES = {"linear": [10, 6], "conv1d": [4, 3, 5], "conv2d": [8, 3, 3, 3], "grouped conv2d": [8, 2, 3, 5]}
GAINS = [("linear", None), ("conv2d", None), ("sigmoid", None), ("tanh", None), ("relu", None),
         ("leaky_relu", None), ("leaky_relu", 0.2), ("selu", None)]


class Recorder(torch.Tensor):
    """A tensor that records the range or the standard deviation it should be filled with."""

    def uniform_(self, low, high):
        assert low == -high
        self.drawn = {"bound": high}
        return self

    def normal_(self, mean, std):
        assert mean == 0
        self.drawn = {"std": std}
        return self


def drawn(initialize, shape):
    recorder = torch.zeros(shape).as_subclass(Recorder)
    initialize(recorder)
    return {key: scalar(value) for key, value in recorder.drawn.items()}


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def cases():
    result = []
    for nonlinearity, parameter in GAINS:
        attributes = {"nonlinearity": nonlinearity, **({} if parameter is None else {"negativeSlope": parameter})}
        result.append(case("calculateGain", f"gain of {nonlinearity} {parameter or ''}".strip(),
                           lambda n=nonlinearity, p=parameter: {"gain": scalar(init.calculate_gain(n, p))},
                           attributes=attributes))
    for label, shape in SHAPES.items():
        fan_in, fan_out = init._calculate_fan_in_and_fan_out(torch.zeros(shape))
        result.append(case("fans", f"fans of {label}",
                           lambda i=fan_in, o=fan_out: {"fanIn": torch.tensor(i), "fanOut": torch.tensor(o)},
                           attributes={"shape": shape}))
        for mode in ("fan_in", "fan_out"):
            for nonlinearity, slope in (("relu", 0), ("leaky_relu", 5**0.5), ("linear", 0)):
                attributes = {"shape": shape, "mode": {"fan_in": "fanIn", "fan_out": "fanOut"}[mode],
                              "nonlinearity": nonlinearity, "negativeSlope": slope}
                options = {"a": slope, "mode": mode, "nonlinearity": nonlinearity}
                for name, function in (("kaimingUniform", init.kaiming_uniform_),
                                       ("kaimingNormal", init.kaiming_normal_)):
                    result.append(case(name, f"{name} of {label} {attributes['mode']} {nonlinearity}",
                                       partial(drawn, partial(function, **options), shape), attributes=attributes))
        for gain in (1, 5 / 3):
            for name, function in (("xavierUniform", init.xavier_uniform_), ("xavierNormal", init.xavier_normal_)):
                result.append(case(name, f"{name} of {label} gain={gain}",
                                   partial(drawn, partial(function, gain=gain), shape),
                                   attributes={"shape": shape, "gain": gain}))
    return result
