"""Losses with a margin: hinges, cosine, triplets; the distance of vectors."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, grid

case = partial(case, "loss")
REDUCTIONS = ("mean", "sum", "none")


def signs(*shape):
    return (torch.randint(0, 2, shape) * 2 - 1).double()


def hinges():
    for reduction in REDUCTIONS:
        for margin in (1, 0.25):
            attributes = {"margin": margin, "reduction": reduction}
            yield case("hingeEmbedding", f"hingeEmbedding margin={margin} {reduction}",
                       partial(F.hinge_embedding_loss, margin=margin, reduction=reduction),
                       {"x": grid(3, 4), "target": signs(3, 4)}, attributes=attributes, differentiate=["x"])
            yield case("marginRanking", f"marginRanking margin={margin} {reduction}",
                       lambda x1, x2, target: F.margin_ranking_loss(x1, x2, target, margin=margin,
                                                                    reduction=reduction),
                       {"x1": grid(6), "x2": grid(6), "target": signs(6)}, attributes=attributes,
                       differentiate=["x1", "x2"])
            for p in (1, 2):
                for weighted in (False, True):
                    given = {"x": grid(4, 3), "target": torch.randint(0, 3, (4,))}
                    if weighted:
                        given["weight"] = 1 + grid(3, step=1 / 8, span=7 / 8)
                    yield case("multiMargin",
                               f"multiMargin p={p} margin={margin}{' weight' if weighted else ''} {reduction}",
                               lambda x, target, weight=None: F.multi_margin_loss(x, target, p, margin, weight,
                                                                                  reduction=reduction),
                               given, attributes={**attributes, "p": p}, differentiate=["x"])
        yield case("softMargin", f"softMargin {reduction}", partial(F.soft_margin_loss, reduction=reduction),
                   {"x": grid(3, 4), "target": signs(3, 4)}, attributes={"reduction": reduction},
                   differentiate=["x"], second_order=["x"])


def vectors():
    for reduction in REDUCTIONS:
        for margin in (0, 0.25):
            yield case("cosineEmbedding", f"cosineEmbedding margin={margin} {reduction}",
                       lambda x1, x2, target: F.cosine_embedding_loss(x1, x2, target, margin=margin,
                                                                      reduction=reduction),
                       {"x1": grid(5, 3), "x2": grid(5, 3), "target": signs(5)},
                       attributes={"margin": margin, "reduction": reduction}, differentiate=["x1", "x2"],
                       second_order=["x1"])
        for p, swap in ((2, False), (2, True), (1, False), (3, True)):
            yield case("tripletMargin", f"tripletMargin p={p} swap={swap} {reduction}",
                       lambda anchor, positive, negative: F.triplet_margin_loss(
                           anchor, positive, negative, margin=2, p=p, swap=swap, reduction=reduction),
                       {"anchor": grid(5, 3), "positive": grid(5, 3), "negative": grid(5, 3)},
                       attributes={"margin": 2, "p": p, "swap": swap, "reduction": reduction})
    for p in (1, 2, 3.5, float("inf")):
        yield case("pairwiseDistance", f"pairwiseDistance p={p}",
                   lambda a, b: F.pairwise_distance(a, b, p), {"a": grid(4, 3), "b": grid(4, 3)},
                   attributes={"p": "Infinity" if p == float("inf") else p})


def cases():
    return [*hinges(), *vectors()]
