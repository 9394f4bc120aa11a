"""Small networks end to end: a list of layers, the loss, gradients of everything, and a few training steps."""

import numpy
import torch
import torch.nn.functional as F
from torch import nn

from families.polynomial import activation
from format import grid
from method import exponential
from modules import camel, module_case


class PolynomialActivation(nn.Module):
    """A polynomial in the even-odd basis; it remembers its input for the boundary penalty."""

    def __init__(self, coefficients, bound, outside):
        super().__init__()
        self.coefficients = nn.Parameter(torch.tensor(coefficients, dtype=torch.float64))
        self.bound, self.outside = bound, outside

    def forward(self, x):
        self.input = x
        return activation(x, self.coefficients, self.bound, "evenOdd", self.outside)


class Residual(nn.Module):
    """body(x) + shortcut(x); an empty shortcut is the identity."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = sequence(body), sequence(shortcut)

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


LAYERS = {
    "Linear": lambda inFeatures, outFeatures, bias=True: nn.Linear(inFeatures, outFeatures, bias),
    "Conv1d": lambda inChannels, outChannels, kernelSize, stride=1, padding=0, bias=True:
        nn.Conv1d(inChannels, outChannels, kernelSize, stride, padding, bias=bias),
    "Conv2d": lambda inChannels, outChannels, kernelSize, stride=1, padding=0, groups=1, bias=True:
        nn.Conv2d(inChannels, outChannels, kernelSize, stride, padding, groups=groups, bias=bias),
    "BatchNorm1d": lambda features: nn.BatchNorm1d(features),
    "BatchNorm2d": lambda features: nn.BatchNorm2d(features),
    "AvgPool2d": lambda kernelSize: nn.AvgPool2d(kernelSize),
    "MaxPool1d": lambda kernelSize: nn.MaxPool1d(kernelSize),
    "MaxPool2d": lambda kernelSize: nn.MaxPool2d(kernelSize),
    "GlobalAvgPool2d": lambda: nn.AdaptiveAvgPool2d(1),
    "Flatten": lambda: nn.Flatten(),
    "Dropout": lambda probability: nn.Dropout(probability),
    "ReLU": lambda: nn.ReLU(),
    "GELU": lambda: nn.GELU(),
    "SiLU": lambda: nn.SiLU(),
    "Tanh": lambda: nn.Tanh(),
    "Sigmoid": lambda: nn.Sigmoid(),
    "PolynomialActivation": PolynomialActivation,
    "Residual": Residual,
}


def sequence(description):
    """nn.Sequential of layers described as [{type, ...arguments}]: what attributes.layers holds."""
    return nn.Sequential(*(LAYERS[layer["type"]](**{key: value for key, value in layer.items() if key != "type"})
                           for layer in description))


def layer(name, **arguments):
    return {"type": name, **arguments}


def polynomial(degree, bound, outside="polynomial"):
    """ReLU on [-bound, bound], that is bound/2 (t + |t|) with |t| = sqrt((s + 1) / 2), to three binary digits."""
    t = numpy.linspace(0, 1, 101)
    even = numpy.polynomial.polynomial.polyfit(2 * t**2 - 1, bound / 2 * t, degree // 2)
    odd = [bound / 2] + [0] * ((degree + 1) // 2 - 1)
    coefficients = [round(value * 8) / 8 for value in [*even.tolist(), *odd]]
    return layer("PolynomialActivation", coefficients=coefficients, bound=bound, outside=outside)


def build(description):
    """The network in float64 with every weight and bias on a grid; those of BatchNorm near 1."""
    network = sequence(description).double()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, (nn.Linear, nn.Conv1d, nn.Conv2d)):
                module.weight.copy_(grid(*module.weight.shape, step=1 / 16, span=1 / 2))
                if module.bias is not None:
                    module.bias.copy_(grid(*module.bias.shape, step=1 / 16, span=1 / 2))
            elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                module.weight.copy_(1 + grid(*module.weight.shape, step=1 / 8, span=1 / 2))
                module.bias.copy_(grid(*module.bias.shape, step=1 / 8, span=1))
    return network


def evaluate(network, x, target, loss, penalty):
    """Output of the network, loss, and the boundary penalty summed over its activations where there is one."""
    y = network(x)
    outputs = {"y": y, "loss": F.cross_entropy(y, target) if loss == "crossEntropy" else F.mse_loss(y, target)}
    if penalty:
        outputs["penalty"] = sum(exponential(module.input, penalty["alpha"], module.bound, penalty["cap"])
                                 for module in network.modules() if isinstance(module, PolynomialActivation))
        outputs["loss"] = outputs["loss"] + penalty["lambda"] * outputs["penalty"]
    return outputs


def once(name, description, x, target, loss="crossEntropy", penalty=None, mode="train"):
    network = build(description).train(mode == "train")
    attributes = {"layers": description, "loss": loss, "mode": mode, **({"penalty": penalty} if penalty else {})}
    return module_case("Sequential", name, network, {"x": x, "target": target},
                       lambda network, x, target: evaluate(network, x, target, loss, penalty),
                       attributes=attributes, cotangents={"loss": torch.ones((), dtype=torch.float64)},
                       differentiate=["x", *(camel(key) for key, _ in network.named_parameters())])


def training(name, description, x, target, penalty=None, steps=5, max_norm=None):
    """Losses of some steps of AdamW on one batch, and the parameters after them (outputs under their names)."""
    options = {"lr": 1 / 64, "betas": [0.9, 0.999], "eps": 1e-8, "weightDecay": 1 / 8}

    def train(network, x, target):
        # nn.Module.parameters() skips what is not an nn.Parameter, but the installed leaves are in the same places.
        leaves = [value for value in (tensor for module in network.modules() for tensor in module._parameters.values())
                  if value is not None]
        for leaf in leaves:
            leaf.requires_grad_()
        optimizer = torch.optim.AdamW(leaves, lr=options["lr"], betas=options["betas"], eps=options["eps"],
                                      weight_decay=options["weightDecay"])
        losses, norms = [], []
        for _ in range(steps):
            optimizer.zero_grad()
            loss = evaluate(network, x, target, "crossEntropy", penalty)["loss"]
            loss.backward()
            if max_norm is not None:
                norms.append(torch.nn.utils.clip_grad_norm_(leaves, max_norm))
            optimizer.step()
            losses.append(loss.detach())
        outputs = {"losses": torch.stack(losses)}
        if norms:
            outputs["norms"] = torch.stack(norms)
        return {**outputs, **{camel(key): value.detach() for key, value in network.named_parameters()}}

    attributes = {"layers": description, "loss": "crossEntropy", "mode": "train", "optimizer": "AdamW", **options,
                  "steps": steps, **({"maxNorm": max_norm} if max_norm is not None else {}),
                  **({"penalty": penalty} if penalty else {})}
    return module_case("Sequential", name, build(description), {"x": x, "target": target}, train,
                       attributes=attributes, differentiate=[])


def convolutional(activate, batch_norm_first=True):
    pair = [layer("BatchNorm2d", features=3), activate]
    return [layer("Conv2d", inChannels=2, outChannels=3, kernelSize=3, padding=1),
            *(pair if batch_norm_first else reversed(pair)),
            layer("AvgPool2d", kernelSize=2), layer("Flatten"), layer("Linear", inFeatures=12, outFeatures=3)]


def cases():
    images, labels = grid(4, 2, 4, 4), torch.tensor([0, 2, 1, 2])
    features, classes = grid(5, 4), torch.tensor([1, 0, 2, 2, 1])
    penalty = {"alpha": 0.5, "cap": 3, "lambda": 10}
    dense = [layer("Linear", inFeatures=4, outFeatures=5), layer("BatchNorm1d", features=5),
             polynomial(4, 2, "tangent"), layer("Dropout", probability=0),
             layer("Linear", inFeatures=5, outFeatures=3)]
    shortcut = [layer("Conv2d", inChannels=2, outChannels=4, kernelSize=1, stride=2, bias=False),
                layer("BatchNorm2d", features=4)]
    block = [layer("Conv2d", inChannels=2, outChannels=4, kernelSize=3, stride=2, padding=1, bias=False),
             layer("BatchNorm2d", features=4), polynomial(4, 4),
             layer("Conv2d", inChannels=4, outChannels=4, kernelSize=3, padding=1, bias=False),
             layer("BatchNorm2d", features=4)]
    residual = [layer("Residual", body=block, shortcut=shortcut), polynomial(2, 4),
                layer("GlobalAvgPool2d"), layer("Flatten"), layer("Linear", inFeatures=4, outFeatures=3)]
    identity = [layer("Residual", body=[layer("Linear", inFeatures=4, outFeatures=4), layer("Tanh")], shortcut=[]),
                layer("Linear", inFeatures=4, outFeatures=2, bias=False)]
    plain = [layer("Linear", inFeatures=4, outFeatures=6), layer("ReLU"), layer("Dropout", probability=0),
             layer("Linear", inFeatures=6, outFeatures=5), layer("GELU"), layer("Linear", inFeatures=5, outFeatures=4),
             layer("SiLU"), layer("Linear", inFeatures=4, outFeatures=3), layer("Sigmoid")]
    separable = [layer("Conv2d", inChannels=2, outChannels=4, kernelSize=3, padding=1, groups=2),
                 layer("Conv2d", inChannels=4, outChannels=3, kernelSize=1), layer("ReLU"),
                 layer("MaxPool2d", kernelSize=2), layer("Flatten"), layer("Linear", inFeatures=12, outFeatures=3)]
    sequential = [layer("Conv1d", inChannels=2, outChannels=3, kernelSize=3, padding=1),
                  layer("BatchNorm1d", features=3), polynomial(3, 4), layer("MaxPool1d", kernelSize=2),
                  layer("Flatten"), layer("Linear", inFeatures=9, outFeatures=3)]
    normal_first, polynomial_first = convolutional(polynomial(8, 4)), convolutional(polynomial(8, 4), False)
    return [
        once("convolution, BatchNorm, polynomial of degree 8", normal_first, images, labels),
        once("the same evaluated", normal_first, images, labels, mode="evaluate"),
        once("convolution, polynomial of degree 8, BatchNorm", polynomial_first, images, labels),
        once("convolution, BatchNorm, polynomial of degree 22", convolutional(polynomial(22, 6)), images, labels),
        once("convolution, BatchNorm, ReLU", convolutional(layer("ReLU")), images, labels),
        once("tangent beyond a small bound, with the boundary penalty", convolutional(polynomial(8, 1, "tangent")),
             images, labels, penalty=penalty),
        once("perceptron with BatchNorm and polynomials", dense, features, classes),
        once("perceptron with the boundary penalty", dense, features, classes, penalty=penalty),
        once("perceptron with ReLU, GELU, SiLU, sigmoid and the squared error", plain, features, grid(5, 3),
             loss="mse"),
        once("residual block with a projection", residual, images, labels),
        once("residual block evaluated", residual, images, labels, mode="evaluate"),
        once("residual block with the identity", identity, features, grid(5, 2), loss="mse"),
        once("depthwise separable convolution", separable, images, labels),
        once("one-dimensional convolution", sequential, grid(4, 2, 6), labels),
        training("training a perceptron", dense, features, classes),
        training("training with clipping and the boundary penalty", convolutional(polynomial(8, 1, "tangent")), images,
                 labels, penalty=penalty, max_norm=1),
        training("training a residual network", residual, images, labels, max_norm=0.5),
    ]
