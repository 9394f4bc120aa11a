"""Unit vectors and cosines; the binary cross-entropy with weights of positive targets."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, grid


def vectors():
    for p in (1, 2, 3.5):
        for axis in (0, 1, -1):
            yield case("operator", "normalize", f"normalize p={p} axis={axis}", partial(F.normalize, p=p, dim=axis),
                       {"x": grid(2, 3, 4)}, attributes={"p": p, "axis": axis})
    for axis in (0, 1):
        yield case("operator", "cosineSimilarity", f"cosineSimilarity axis={axis}",
                   partial(F.cosine_similarity, dim=axis), {"a": grid(3, 4), "b": grid(3, 4)},
                   attributes={"axis": axis}, second_order=["a", "b"])


def weighted():
    logits = torch.tensor([[-6.5, -1, 0.25], [0.5, 2, 30]], dtype=torch.float64)
    target = torch.tensor([[0, 1, 0.25], [1, 0, 1]], dtype=torch.float64)
    for reduction in ("mean", "sum", "none"):
        yield case("loss", "bceWithLogits", f"bceWithLogits posWeight {reduction}",
                   lambda x, target, pos_weight: F.binary_cross_entropy_with_logits(
                       x, target, pos_weight=pos_weight, reduction=reduction),
                   {"x": logits, "target": target, "posWeight": torch.tensor([0.5, 3, 2], dtype=torch.float64)},
                   attributes={"reduction": reduction}, differentiate=["x"], second_order=["x"])


def cases():
    return [*vectors(), *weighted()]
