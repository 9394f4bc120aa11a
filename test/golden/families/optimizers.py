"""Ten steps of every optimizer from given parameters and gradients; clipping by norm and by value."""

import torch
from torch import nn

from format import case, grid

STEPS = 10
SHAPES = {"weight": [2, 3], "bias": [3]}
OPTIMIZERS = ["SGD", "Adam", "AdamW"]
SETTINGS = [  # optimizer and its options, in the words of PyTorch
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.05, "nesterov": True}),
    ("Adam", {"lr": 0.001}),
    ("Adam", {"lr": 0.01, "betas": [0.8, 0.95]}),
    ("Adam", {"lr": 0.01, "eps": 0.1}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.001}),
    ("AdamW", {"lr": 0.01, "betas": [0.8, 0.95], "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01, "eps": 0.1, "weight_decay": 0}),
]
NAMES = {"weight_decay": "weightDecay", "lr_decay": "lrDecay", "momentum_decay": "momentumDecay",
         "initial_accumulator_value": "initialAccumulatorValue"}


def in_camel_case(options):
    return {NAMES.get(key, key): value for key, value in options.items()}


def trajectory(name, optimizer, options, groups=None, gradient_scale=1, make=None):
    """
    Inputs: `weight.gradients` of shape [10, ...], one gradient a step. Outputs: `weight` of shape [10, ...], the
    parameter after each step. `groups` are options of their own for weight and for bias.
    """
    groups = groups or {}
    make = make or getattr(torch.optim, optimizer)

    def run(*tensors):
        gradients, parameters = tensors[:len(SHAPES)], tensors[len(SHAPES):]
        optimizer_ = make([{"params": [parameter], **groups.get(key, {})}
                           for key, parameter in zip(SHAPES, parameters)], **options)
        after = {key: [] for key in SHAPES}
        for step in range(STEPS):
            for key, parameter, gradient in zip(SHAPES, parameters, gradients):
                parameter.grad = gradient[step]
            optimizer_.step()
            for key, parameter in zip(SHAPES, parameters):
                after[key].append(parameter.detach().clone())
        return {key: torch.stack(values) for key, values in after.items()}

    attributes = {"steps": STEPS, **in_camel_case(options)}
    if groups:
        attributes["groups"] = {key: in_camel_case(value) for key, value in groups.items()}
    return case("optimizer", optimizer, name, run,
                {f"{key}.gradients": grid(STEPS, *shape, step=1 / 8) * gradient_scale
                 for key, shape in SHAPES.items()},
                parameters={key: grid(*shape, step=1 / 8) for key, shape in SHAPES.items()},
                attributes=attributes, differentiate=[])


def clipping():
    gradients = {"weight": grid(2, 3), "bias": grid(3)}
    for norm_type in (2, 1, float("inf"), 3):
        for max_norm in (0.5, 1, 100):
            for label, given in (("", gradients), ("of zero ", {key: value * 0 for key, value in gradients.items()})):
                if label and max_norm != 1:
                    continue
                kind = "Infinity" if norm_type == float("inf") else norm_type
                yield case("optimizer", "clipGradNorm", f"clipGradNorm {label}maxNorm={max_norm} normType={kind}",
                           lambda *values, m=max_norm, n=norm_type: clip_norm(values, m, n), given,
                           attributes={"maxNorm": max_norm, "normType": kind}, differentiate=[])
    for limit in (0.5, 1, 100):
        yield case("optimizer", "clipGradValue", f"clipGradValue {limit}",
                   lambda *values, limit=limit: clip_value(values, limit), gradients,
                   attributes={"clipValue": limit}, differentiate=[])


def with_gradients(values):
    parameters = [nn.Parameter(torch.zeros_like(value)) for value in values]
    for parameter, value in zip(parameters, values):
        parameter.grad = value
    return parameters


def clip_norm(values, max_norm, norm_type):
    """Inputs are the gradients; outputs the gradients afterwards and the norm before: scale max / (norm + 1e-6)."""
    parameters = with_gradients(values)
    norm = nn.utils.clip_grad_norm_(parameters, max_norm, norm_type)
    return {**dict(zip(SHAPES, (parameter.grad for parameter in parameters))), "norm": norm}


def clip_value(values, limit):
    parameters = with_gradients(values)
    nn.utils.clip_grad_value_(parameters, limit)
    return dict(zip(SHAPES, (parameter.grad for parameter in parameters)))


def cases():
    result = [trajectory(f"{optimizer} {' '.join(f'{k}={v}' for k, v in in_camel_case(options).items())}", optimizer,
                         options) for optimizer, options in SETTINGS]
    for optimizer in OPTIMIZERS:
        groups = {"weight": {"weight_decay": 0.1}, "bias": {"lr": 0.001, "weight_decay": 0}}
        result.append(trajectory(f"{optimizer} with parameter groups", optimizer, {"lr": 0.01}, groups))
        result.append(trajectory(f"{optimizer} with gradients of zero", optimizer, {"lr": 0.01}, gradient_scale=0))
    return [*result, *clipping()]
