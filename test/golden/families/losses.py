"""Losses with the reductions mean, sum and none."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, grid

case = partial(case, "loss")
REDUCTIONS = ("mean", "sum", "none")


def cross_entropy():
    shapes = {"two axes": ([4, 5], [4]), "four axes": ([2, 3, 2, 2], [2, 2, 2]), "one class": ([3, 1], [3])}
    for label, (shape, target_shape) in shapes.items():
        x, target = grid(*shape, step=1 / 8, span=4), torch.randint(0, shape[1], target_shape)
        for smoothing in (0, 0.1, 1):
            for reduction in REDUCTIONS:
                yield case("crossEntropy", f"crossEntropy {label} smoothing={smoothing} {reduction}",
                           partial(F.cross_entropy, reduction=reduction, label_smoothing=smoothing),
                           {"x": x, "target": target},
                           attributes={"labelSmoothing": smoothing, "reduction": reduction},
                           second_order=["x"] if label == "two axes" else [])
    large = torch.tensor([[1000.0, -1000, 0], [1000, 1000, 0], [-1000, 0, 1000]], dtype=torch.float64)
    for smoothing in (0, 0.1):
        yield case("crossEntropy", f"crossEntropy of large values smoothing={smoothing}",
                   partial(F.cross_entropy, label_smoothing=smoothing),
                   {"x": large, "target": torch.tensor([0, 1, 0])},
                   attributes={"labelSmoothing": smoothing, "reduction": "mean"})
    for reduction in REDUCTIONS:
        x = torch.log_softmax(grid(4, 5), 1)
        yield case("nll", f"nll {reduction}", partial(F.nll_loss, reduction=reduction),
                   {"x": x, "target": torch.tensor([0, 4, 2, 2])}, attributes={"reduction": reduction})


def elementwise():
    for reduction in REDUCTIONS:
        attributes = {"reduction": reduction}
        yield case("mse", f"mse {reduction}", partial(F.mse_loss, reduction=reduction),
                   {"x": grid(2, 3), "target": grid(2, 3)}, attributes=attributes, second_order=["x", "target"])
        probabilities = torch.tensor([[2**-20, 0.125, 0.5], [0.75, 0.9375, 1 - 2**-20]], dtype=torch.float64)
        targets = torch.tensor([[0, 1, 0.25], [1, 0, 1]], dtype=torch.float64)
        yield case("bce", f"bce {reduction}", partial(F.binary_cross_entropy, reduction=reduction),
                   {"x": probabilities, "target": targets}, attributes=attributes, differentiate=["x"],
                   second_order=["x"])
        logits = torch.tensor([[-6.5, -1, 0.25], [0.5, 2, 30]], dtype=torch.float64)
        yield case("bceWithLogits", f"bceWithLogits {reduction}",
                   partial(F.binary_cross_entropy_with_logits, reduction=reduction),
                   {"x": logits, "target": targets}, attributes=attributes, differentiate=["x"], second_order=["x"])
    large = torch.tensor([-1000, -1000, 1000, 1000, 0], dtype=torch.float64)
    target = torch.tensor([0, 1, 0, 1, 0.5], dtype=torch.float64)
    yield case("bceWithLogits", "bceWithLogits of large values",
               partial(F.binary_cross_entropy_with_logits, reduction="none"), {"x": large, "target": target},
               attributes={"reduction": "none"}, differentiate=["x"])
    # PyTorch holds log(0) at -100 here.
    yield case("bce", "bce of certain probabilities", partial(F.binary_cross_entropy, reduction="none"),
               {"x": torch.tensor([0.0, 0, 1, 1]).double(), "target": torch.tensor([0.0, 1, 0, 1]).double()},
               attributes={"reduction": "none"}, differentiate=[])


def cases():
    return [*cross_entropy(), *elementwise()]
