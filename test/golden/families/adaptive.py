"""Ten steps of the optimizers that adapt the rate of every element, but for Adam and AdamW; Lion, NAdam by formula."""

import math

import torch

from families.optimizers import in_camel_case, trajectory

SETTINGS = [  # optimizer and its options, in the words of PyTorch
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.8, "centered": True, "eps": 0.01}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.5}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.1}),
    ("Adadelta", {"lr": 1}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 0.01, "weight_decay": 0.1}),
    ("Adamax", {"lr": 0.01}),
    ("Adamax", {"lr": 0.01, "betas": [0.8, 0.95], "weight_decay": 0.1}),
    ("NAdam", {"lr": 0.01}),
    ("NAdam", {"lr": 0.01, "betas": [0.8, 0.95], "momentum_decay": 0.1, "weight_decay": 0.1}),
    ("RAdam", {"lr": 0.01}),
    ("RAdam", {"lr": 0.01, "betas": [0.8, 0.9], "eps": 0.01, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "betas": [0.8, 0.5], "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01, "amsgrad": True, "betas": [0.8, 0.5], "weight_decay": 0.1}),
    ("Lion", {"lr": 0.01}),
    ("Lion", {"lr": 0.01, "betas": [0.8, 0.9], "weight_decay": 0.1}),
]


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of arXiv 2302.06675, which PyTorch does not have."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for theta in group["params"]:
                moment = self.state[theta].get("moment", torch.zeros_like(theta))
                direction = torch.sign(beta1 * moment + (1 - beta1) * theta.grad)
                theta -= group["lr"] * (direction + group["weight_decay"] * theta)
                self.state[theta]["moment"] = beta2 * moment + (1 - beta2) * theta.grad


class NAdam(torch.optim.Optimizer):
    """
    The algorithm in the documentation of torch.optim.NAdam. The code of version 1.13 has the factor mu_t twice in its
    product, which later versions have mended, and keeps the product in single precision.
    """

    def __init__(self, params, lr, betas=(0.9, 0.999), momentum_decay=4e-3, weight_decay=0):
        super().__init__(params, {"lr": lr, "betas": betas, "momentum_decay": momentum_decay,
                                  "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for theta in group["params"]:
                state = self.state[theta] or {"t": 0, "m": torch.zeros_like(theta), "v": torch.zeros_like(theta)}
                t = state["t"] + 1
                g = theta.grad + group["weight_decay"] * theta
                m = beta1 * state["m"] + (1 - beta1) * g
                v = beta2 * state["v"] + (1 - beta2) * g * g
                mu = [beta1 * (1 - 0.96 ** (i * group["momentum_decay"]) / 2) for i in range(1, t + 2)]
                mean = mu[t] * m / (1 - math.prod(mu)) + (1 - mu[t - 1]) * g / (1 - math.prod(mu[:t]))
                theta -= group["lr"] * mean / ((v / (1 - beta2 ** t)).sqrt() + 1e-8)
                self.state[theta] = {"t": t, "m": m, "v": v}


def cases():
    make = {"Lion": Lion, "NAdam": NAdam}
    result = [trajectory(f"{optimizer} {' '.join(f'{k}={v}' for k, v in in_camel_case(options).items())}", optimizer,
                         options, make=make.get(optimizer)) for optimizer, options in SETTINGS]
    groups = {"weight": {"weight_decay": 0.1}, "bias": {"lr": 0.001, "weight_decay": 0}}
    result.append(trajectory("RMSprop with parameter groups", "RMSprop", {"lr": 0.01}, groups))
    return [*result, trajectory("RAdam with gradients of zero", "RAdam", {"lr": 0.01}, gradient_scale=0)]
