"""Losses of numbers: absolute and Huber's, Kullback-Leibler, negative log-likelihoods of two distributions."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, grid

case = partial(case, "loss")
REDUCTIONS = ("mean", "sum", "none")


def differences():
    """Differences within and beyond the limit; 0 and the limit itself are in the cases at kinks."""
    x = torch.tensor([[-2.125, -0.375, 0.125], [0.25, 0.625, 3]], dtype=torch.float64)
    kinks = torch.tensor([-1, -0.5, 0, 0.5, 1], dtype=torch.float64)
    for subject, function, name, options in (
            ("l1", F.l1_loss, None, [None]), ("huber", F.huber_loss, "delta", [0.5, 1]),
            ("smoothL1", F.smooth_l1_loss, "beta", [0, 0.5, 1])):
        for value in options:
            given = {} if name is None else {name: value}
            label = f"{subject}{'' if name is None else f' {name}={value}'}"
            for reduction in REDUCTIONS:
                yield case(subject, f"{label} {reduction}", partial(function, reduction=reduction, **given),
                           {"x": x, "target": torch.full((2, 3), 0.0625).double()},
                           attributes={"reduction": reduction, **given},
                           second_order=["x"] if value else [])
            # With beta = 0 PyTorch's derivative at 0 is -1, that of the absolute value is 0.
            if value != 0:
                yield case(subject, f"{label} at kinks", partial(function, reduction="none", **given),
                           {"x": kinks, "target": torch.zeros(5).double()},
                           attributes={"reduction": "none", **given})


def divergence():
    for reduction in (*REDUCTIONS, "batchmean"):
        named = {"reduction": "batchMean" if reduction == "batchmean" else reduction}
        for log_target in (False, True):
            target = torch.softmax(grid(3, 4), 1)
            yield case("klDivergence", f"klDivergence logTarget={log_target} {reduction}",
                       partial(F.kl_div, reduction=reduction, log_target=log_target),
                       {"x": torch.log_softmax(grid(3, 4), 1), "target": target.log() if log_target else target},
                       attributes={**named, "logTarget": log_target}, second_order=["x"] if log_target else [])
    yield case("klDivergence", "klDivergence of probabilities 0 and 1", partial(F.kl_div, reduction="none"),
               {"x": torch.log_softmax(grid(2, 3), 1),
                "target": torch.tensor([[0, 1, 0], [0.5, 0.5, 0]], dtype=torch.float64)},
               attributes={"reduction": "none", "logTarget": False}, differentiate=["x"])


def likelihoods():
    for full in (False, True):
        for reduction in REDUCTIONS:
            for shape in ([3, 4], [3, 1]):
                yield case("gaussianNll", f"gaussianNll full={full} {reduction} variance {shape}",
                           lambda x, target, variance: F.gaussian_nll_loss(x, target, variance, full=full,
                                                                           reduction=reduction),
                           {"x": grid(3, 4), "target": grid(3, 4), "variance": 1.5 + grid(*shape, span=1)},
                           attributes={"full": full, "reduction": reduction},
                           second_order=["x", "variance"] if shape == [3, 4] else [])
            for log_input in (True, False):
                x = grid(3, 4) if log_input else 2.5 + grid(3, 4)
                target = torch.tensor([[0, 1, 2, 5], [1.5, 0.5, 3, 1], [2, 2, 0, 7]], dtype=torch.float64)
                yield case("poissonNll", f"poissonNll logInput={log_input} full={full} {reduction}",
                           partial(F.poisson_nll_loss, log_input=log_input, full=full, reduction=reduction),
                           {"x": x, "target": target},
                           attributes={"logInput": log_input, "full": full, "reduction": reduction},
                           differentiate=["x"], second_order=["x"])
    small = torch.tensor([[0.0, 0.125, 1]], dtype=torch.float64)
    yield case("gaussianNll", "gaussianNll of variances below epsilon",
               lambda x, target, variance: F.gaussian_nll_loss(x, target, variance, eps=0.25, reduction="none"),
               {"x": grid(1, 3), "target": grid(1, 3), "variance": small},
               attributes={"full": False, "reduction": "none", "eps": 0.25})


def cases():
    return [*differences(), *divergence(), *likelihoods()]
