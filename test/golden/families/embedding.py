"""Rows of tables, and products of two inputs."""

import torch
from torch import nn

from format import grid
from modules import module_case


def moved(module):
    module = module.double()
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(grid(*value.shape, step=1 / 8, span=2))
    return module


def cases():
    result = []
    for shape in ([4], [2, 3], []):
        for padding in (None, 1):
            module = moved(nn.Embedding(5, 3, padding_idx=padding))
            result.append(module_case("Embedding", f"Embedding {shape} padding={padding}", module,
                                      {"x": torch.randint(0, 5, shape)}, lambda module, x: {"y": module(x)},
                                      attributes={"numEmbeddings": 5, "embeddingDim": 3, "paddingIdx": padding},
                                      second_order=[]))
    for leading in ([4], [2, 3]):
        for bias in (True, False):
            module = moved(nn.Bilinear(2, 3, 4, bias=bias))
            result.append(module_case("Bilinear", f"Bilinear {leading} bias={bias}", module,
                                      {"x1": grid(*leading, 2), "x2": grid(*leading, 3)},
                                      lambda module, x1, x2: {"y": module(x1, x2)},
                                      attributes={"in1Features": 2, "in2Features": 3, "outFeatures": 4, "bias": bias},
                                      second_order=["x1", "weight"]))
    return result
