"""Cross-entropy and NLL with weights of classes, ignored labels, probabilities as targets, and places [N, C, ...]."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, grid

case = partial(case, "loss")
REDUCTIONS = ("mean", "sum", "none")
SHAPES = {"two axes": [4, 5], "three axes": [2, 3, 2]}


def with_weight(function, **options):
    """The function of x, target and (where it is given) the weights of the classes."""
    return lambda x, target, weight=None: function(x, target, weight=weight, **options)


def attributes(reduction, ignored=None, smoothing=None):
    return {"reduction": reduction, **({"ignoreIndex": ignored} if ignored is not None else {}),
            **({"labelSmoothing": smoothing} if smoothing is not None else {})}


def labels(shape, ignored):
    target = torch.randint(0, shape[1], [shape[0], *shape[2:]])
    if ignored is not None:
        target.view(-1)[1] = ignored
    return target


def of_labels():
    for label, shape in SHAPES.items():
        for weighted, ignored in ((True, None), (False, -100), (True, 1)):
            for reduction in REDUCTIONS:
                given = {"target": labels(shape, ignored)}
                if weighted:
                    given["weight"] = 1 + grid(shape[1], step=1 / 8, span=7 / 8)
                name = f"{label}{' weight' if weighted else ''}{f' ignore={ignored}' if ignored is not None else ''}"
                ignore = {} if ignored is None else {"ignore_index": ignored}
                for smoothing in (0, 0.1):
                    x = grid(*shape, step=1 / 8, span=4)
                    yield case("crossEntropy", f"crossEntropy {name} smoothing={smoothing} {reduction}",
                               with_weight(F.cross_entropy, reduction=reduction, label_smoothing=smoothing, **ignore),
                               {"x": x, **given}, attributes=attributes(reduction, ignored, smoothing),
                               differentiate=["x"], second_order=["x"] if label == "two axes" else [])
                yield case("nll", f"nll {name} {reduction}", with_weight(F.nll_loss, reduction=reduction, **ignore),
                           {"x": torch.log_softmax(grid(*shape), 1), **given}, attributes=attributes(reduction, ignored),
                           differentiate=["x"])


def of_probabilities():
    for label, shape in SHAPES.items():
        for weighted in (False, True):
            for smoothing in (0, 0.1):
                for reduction in REDUCTIONS:
                    given = {"target": torch.softmax(grid(*shape), 1)}
                    if weighted:
                        given["weight"] = 1 + grid(shape[1], step=1 / 8, span=7 / 8)
                    name = f"{label}{' weight' if weighted else ''} smoothing={smoothing} {reduction}"
                    yield case("crossEntropy", f"crossEntropy of probabilities {name}",
                               with_weight(F.cross_entropy, reduction=reduction, label_smoothing=smoothing),
                               {"x": grid(*shape, step=1 / 8, span=4), **given},
                               attributes=attributes(reduction, smoothing=smoothing), differentiate=["x", "target"],
                               second_order=["x"] if label == "two axes" and not weighted else [])


def cases():
    return [*of_labels(), *of_probabilities()]
