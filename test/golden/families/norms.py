"""LayerNorm, RMSNorm, GroupNorm, InstanceNorm, LocalResponseNorm, and BatchNorm3d."""

import torch
from torch import nn

from format import distinct, grid
from modules import module_case


class RMSNorm(nn.Module):
    """x / sqrt(mean(x^2) + eps) * weight over the last axes, which PyTorch 1.13 does not have."""

    def __init__(self, shape, eps=2**-52):
        super().__init__()
        self.weight, self.axes, self.eps = nn.Parameter(torch.ones(shape)), [-1 - axis for axis in range(len(shape))], eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(self.axes, keepdim=True) + self.eps) * self.weight


def moved(module):
    """The module in float64, with everything that it learns or tracks away from its beginnings."""
    module = module.double()
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if name == "weight":
                value.copy_(1 + grid(*value.shape, step=1 / 8, span=1 / 2))
            elif name in ("bias", "running_mean"):
                value.copy_(grid(*value.shape))
            elif name == "running_var":
                value.copy_(1 + grid(*value.shape, step=1 / 8, span=1 / 2))
    return module


def once(layer, module, x, attributes, mode="train", label="", second_order=True):
    module = moved(module).train(mode == "train")
    return module_case(layer, f"{layer}{label and f' {label}'} {list(x.shape)} {mode}", module, {"x": x},
                       lambda module, x: {"y": module(x)}, attributes={**attributes, "mode": mode},
                       second_order=["x"] if second_order else [])


def cases():
    result = []
    for shape, normalized in (([3, 4], [4]), ([2, 3, 2], [3, 2])):
        for options in ({}, {"elementwise_affine": False}, {"eps": 0.25}):
            attributes = {"normalizedShape": normalized, "affine": options.get("elementwise_affine", True),
                          "eps": options.get("eps", 1e-5)}
            label = " ".join(f"{key}={value}" for key, value in options.items())
            result.append(once("LayerNorm", nn.LayerNorm(normalized, **options), grid(*shape), attributes, label=label))
        result.append(once("RMSNorm", RMSNorm(normalized, 0.25), grid(*shape),
                           {"normalizedShape": normalized, "eps": 0.25}))
    result.append(once("LayerNorm", nn.LayerNorm([1]), grid(3, 1), {"normalizedShape": [1], "affine": True, "eps": 1e-5}))
    result.append(once("LayerNorm", nn.LayerNorm([4]), distinct(3, 4) + 4096,
                       {"normalizedShape": [4], "affine": True, "eps": 1e-5}, label="far from zero"))
    for shape, groups in (([3, 6], 2), ([2, 4, 3], 2), ([2, 4, 2, 2], 4), ([2, 3, 2], 1)):
        for affine in (True, False):
            result.append(once("GroupNorm", nn.GroupNorm(groups, shape[1], affine=affine), grid(*shape),
                               {"groups": groups, "channels": shape[1], "affine": affine},
                               label=f"{groups} groups affine={affine}"))
    for layer, shape in ((nn.InstanceNorm1d, [2, 3, 4]), (nn.InstanceNorm2d, [2, 3, 2, 2]),
                         (nn.InstanceNorm3d, [1, 2, 2, 1, 2])):
        for affine, tracked, mode in ((False, False, "train"), (True, False, "evaluate"), (True, True, "train"),
                                      (True, True, "evaluate")):
            result.append(once(layer.__name__, layer(shape[1], affine=affine, track_running_stats=tracked),
                               grid(*shape), {"channels": shape[1], "affine": affine, "trackRunningStats": tracked},
                               mode, f"affine={affine} tracked={tracked}"))
    for shape, size in (([2, 5, 3], 3), ([1, 4, 2, 2], 2), ([2, 3, 1], 5)):
        options = {"size": size, "alpha": 0.5, "beta": 0.75, "k": 2}
        result.append(once("LocalResponseNorm", nn.LocalResponseNorm(**options), grid(*shape), options,
                           label=f"size={size}"))
    for mode in ("train", "evaluate"):
        result.append(once("BatchNorm3d", nn.BatchNorm3d(2), grid(2, 2, 1, 2, 2), {"channels": 2}, mode))
    return result
