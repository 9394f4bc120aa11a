"""Learning rates where several schedulers act on one optimizer: every ordered pair, sequences and chains."""

import warnings

import torch
from torch import nn
from torch.optim import SGD, lr_scheduler

from families.schedulers import NAMES, arguments
from format import case

STEPS = 12
LR = 0.1
SCHEDULERS = [  # each with everything that it does within 12 steps
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 5], "gamma": 0.5}),
    ("ConstantLR", {"factor": 0.25, "total_iters": 4}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 1, "total_iters": 4}),
    ("ExponentialLR", {"gamma": 0.875}),
    ("PolynomialLR", {"total_iters": 6, "power": 2}),
    ("LambdaLR", {"lr_lambda": "1 / (1 + epoch)"}),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 14, "cycle_momentum": False}),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 2}),
]
OPTIONS = dict(SCHEDULERS)


def made(optimizer, name):
    return getattr(lr_scheduler, name)(optimizer, **arguments(OPTIONS[name]))


def rates(make):
    """`make` gives what is stepped; a plateau scheduler gets a metric that never changes."""
    def run():
        optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=LR)
        schedulers = make(optimizer)
        found = [optimizer.param_groups[0]["lr"]]
        for _ in range(STEPS):
            optimizer.step()
            for scheduler in schedulers:
                scheduler.step(*([1] if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) else []))
            found.append(optimizer.param_groups[0]["lr"])
        return {"lr": torch.tensor(found, dtype=torch.float64)}

    return run


def described(names):
    return [{"name": name, "options": {NAMES.get(key, key): value for key, value in OPTIONS[name].items()}}
            for name in names]


def composed(kind, names, make, **attributes):
    return case("scheduler", kind, f"{kind} of {', '.join(names)}", rates(make),
                attributes={"steps": STEPS, "lr": LR, "schedulers": described(names), **attributes},
                differentiate=[])


def pair(first, second):
    return composed("pair", [first, second], lambda optimizer: [made(optimizer, first), made(optimizer, second)])


def sequence(names, milestones):
    return composed(
        "SequentialLR", names,
        lambda optimizer: [lr_scheduler.SequentialLR(optimizer, [made(optimizer, name) for name in names], milestones)],
        milestones=milestones)


def chain(names):
    return composed("ChainedScheduler", names,
                    lambda optimizer: [lr_scheduler.ChainedScheduler([made(optimizer, name) for name in names])])


def cases():
    warnings.simplefilter("ignore")  # SequentialLR itself calls step(0), which is deprecated
    simple = [name for name in OPTIONS if name != "ReduceLROnPlateau"]
    return [
        *(pair(first, second) for first in OPTIONS for second in OPTIONS),
        *(sequence(["LinearLR", name], [4]) for name in simple),
        *(sequence([name, "LambdaLR"], [5]) for name in simple if name != "LinearLR"),
        sequence(["ConstantLR", "LinearLR", "CosineAnnealingLR"], [2, 6]),
        sequence(["MultiStepLR", "StepLR"], [12]),
        chain(["LinearLR", "ExponentialLR"]),
        chain(["ConstantLR", "StepLR", "CosineAnnealingLR"]),
    ]
