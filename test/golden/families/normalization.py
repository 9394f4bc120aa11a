"""BatchNorm1d and BatchNorm2d: training, evaluation, running statistics over several batches."""

import torch
from torch import nn

from format import distinct, grid
from modules import module_case

LAYERS = {"BatchNorm1d": nn.BatchNorm1d, "BatchNorm2d": nn.BatchNorm2d}


def batch_norm(layer, features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
    """The module, with weight, bias and running statistics away from their beginnings, and its attributes."""
    module = LAYERS[layer](features, eps, momentum, affine, track_running_stats).double()
    with torch.no_grad():
        if affine:
            module.weight.copy_(1 + grid(features, step=1 / 8, span=1 / 2))
            module.bias.copy_(grid(features))
        if track_running_stats:
            module.running_mean.copy_(grid(features))
            module.running_var.copy_(1 + grid(features, step=1 / 8, span=1 / 2))
    return module, {"features": features, "eps": eps, "momentum": momentum, "affine": affine,
                    "trackRunningStats": track_running_stats}


def forward(module, x):
    return {"y": module(x)}


def once(layer, x, label="", **options):
    for mode in ("train", "evaluate"):
        module, attributes = batch_norm(layer, x.shape[1], **options)
        module.train(mode == "train")
        name = f"{layer} {mode} {label or list(x.shape)}"
        yield module_case(layer, name, module, {"x": x}, forward, attributes={**attributes, "mode": mode})


def batches(layer, shape, momentum):
    """Five batches x[0], ..., x[4] in training; the statistics after each of them, from 0 and 1 at the start."""
    module, attributes = batch_norm(layer, shape[1], momentum=momentum)
    module.reset_running_stats()

    def train(module, x):
        outputs, means, variances = [], [], []
        for batch in x:
            outputs.append(module(batch))
            means.append(module.running_mean.clone())
            variances.append(module.running_var.clone())
        return {"y": torch.stack(outputs), "runningMeans": torch.stack(means), "runningVars": torch.stack(variances)}

    return module_case(layer, f"{layer} running statistics of five batches {shape} momentum={momentum}", module,
                       {"x": grid(5, *shape)}, train, attributes={**attributes, "mode": "train"}, differentiate=[])


def cases():
    shapes = {"BatchNorm1d": ([6, 3], [3, 2, 4], [2, 1]), "BatchNorm2d": ([3, 2, 4, 3], [1, 3, 2, 2])}
    result = []
    for layer, options in shapes.items():
        for shape in options:
            result += once(layer, grid(*shape))
        shape = options[0]
        result += once(layer, grid(*shape), "not affine", affine=False)
        result += once(layer, grid(*shape), "without running statistics", track_running_stats=False)
        result += once(layer, grid(*shape), "eps=0.25", eps=0.25)
        result += once(layer, distinct(*shape) + 4096, "far from zero")
        result += once(layer, torch.full(shape, 1.5).double(), "of equal values")
        for shape in options[:2]:
            for momentum in (0.1, 0.3, None):
                result.append(batches(layer, shape, momentum))
    return result
