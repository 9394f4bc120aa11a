"""Learning rates at the start and after each of 60 steps of every scheduler."""

import torch
from torch import nn
from torch.optim import SGD, lr_scheduler

from format import case

STEPS = 60
SCHEDULERS = {name: getattr(lr_scheduler, name) for name in (
    "StepLR", "MultiStepLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "LinearLR", "ReduceLROnPlateau")}
SETTINGS = [  # scheduler, its options in the words of PyTorch, metrics where it looks at them
    ("StepLR", {"step_size": 10, "gamma": 0.5}),
    ("StepLR", {"step_size": 1, "gamma": 0.9}),
    ("MultiStepLR", {"milestones": [5, 20, 21, 50], "gamma": 0.1}),
    ("MultiStepLR", {"milestones": [10, 10, 30], "gamma": 0.5}),
    ("CosineAnnealingLR", {"T_max": 60, "eta_min": 0}),
    ("CosineAnnealingLR", {"T_max": 20, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 10, "T_mult": 1, "eta_min": 0}),
    ("CosineAnnealingWarmRestarts", {"T_0": 7, "T_mult": 2, "eta_min": 0.001}),
    ("LinearLR", {"start_factor": 1 / 3, "end_factor": 1, "total_iters": 5}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 1, "total_iters": 30}),
    ("LinearLR", {"start_factor": 1, "end_factor": 0.25, "total_iters": 40}),
]
FALLING = [1 / (1 + step // 8) for step in range(STEPS)]
NOISY = [round(256 * (2 / (1 + step / 6) + 0.25 * ((step * 7) % 5 - 2))) / 256 for step in range(STEPS)]
NEGATIVE = [-1 - 0.125 * (step // 9) for step in range(STEPS)]
PLATEAU = [  # options, label and values of the metrics
    ({"mode": "min", "factor": 0.1, "patience": 5, "threshold": 0.1}, "falling", FALLING),
    ({"mode": "min", "factor": 0.5, "patience": 2, "threshold": 1e-4}, "noisy", NOISY),
    ({"mode": "min", "factor": 0.5, "patience": 0, "threshold": 0.25, "threshold_mode": "abs"}, "falling", FALLING),
    ({"mode": "min", "factor": 0.5, "patience": 3, "threshold": 0.01, "cooldown": 4}, "noisy", NOISY),
    ({"mode": "min", "factor": 0.1, "patience": 1, "threshold": 0.1, "min_lr": 1e-3}, "noisy", NOISY),
    ({"mode": "max", "factor": 0.5, "patience": 4, "threshold": 0.05}, "rising", [2 - value for value in FALLING]),
    ({"mode": "max", "factor": 0.5, "patience": 1, "threshold": 0.2, "threshold_mode": "abs"}, "noisy",
     [-value for value in NOISY]),
    ({"mode": "max", "factor": 0.5, "patience": 2, "threshold": 0.1, "cooldown": 1}, "falling", FALLING),
    ({"mode": "min", "factor": 0.5, "patience": 3, "threshold": 0.05, "threshold_mode": "abs"}, "negative", NEGATIVE),
    ({"mode": "min", "factor": 1e-3, "patience": 0, "threshold": 0.1, "eps": 1e-5}, "noisy", NOISY),
]
NAMES = {"step_size": "stepSize", "T_max": "tMax", "eta_min": "etaMin", "T_0": "t0", "T_mult": "tMult",
         "start_factor": "startFactor", "end_factor": "endFactor", "total_iters": "totalIterations",
         "threshold_mode": "thresholdMode", "min_lr": "minLr"}


def schedule(scheduler, options, lr, label="", metrics=None):
    """
    Attribute `lr`: the rates of the parameter groups. Outputs: `initial` [groups], after the scheduler is made, and
    `lr` [60, groups], after each of its steps.
    """
    def run(*values):
        optimizer = SGD([{"params": [nn.Parameter(torch.zeros(1))], "lr": rate} for rate in lr], lr=1)
        scheduler_ = SCHEDULERS[scheduler](optimizer, **options)
        initial, rates = rates_of(optimizer), []
        for step in range(STEPS):
            optimizer.step()
            scheduler_.step(*(value[step].item() for value in values))
            rates.append(rates_of(optimizer))
        return {"initial": torch.tensor(initial, dtype=torch.float64), "lr": torch.tensor(rates, dtype=torch.float64)}

    named = {NAMES.get(key, key): value for key, value in options.items()}
    words = " ".join(f"{key}={value}" for key, value in named.items())
    inputs = {} if metrics is None else {"metrics": torch.tensor(metrics, dtype=torch.float64)}
    return case("scheduler", scheduler, f"{scheduler} {words} lr={lr}{' ' + label if label else ''}", run, inputs,
                attributes={"steps": STEPS, "lr": lr, **named}, differentiate=[])


def rates_of(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def cases():
    return [
        *(schedule(scheduler, options, lr) for scheduler, options in SETTINGS for lr in ([0.1], [0.1, 0.02])),
        *(schedule("ReduceLROnPlateau", options, [0.1], label, metrics) for options, label, metrics in PLATEAU),
        schedule("ReduceLROnPlateau", PLATEAU[1][0], [0.1, 0.02], "noisy", NOISY),
    ]
