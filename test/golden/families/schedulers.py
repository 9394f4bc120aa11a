"""Learning rates at the start and after each of 60 steps of every scheduler."""

import math

import torch
from torch import nn
from torch.optim import SGD, lr_scheduler

from format import case

STEPS = 60
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
    ("ConstantLR", {"factor": 0.25, "total_iters": 7}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {"total_iters": 40, "power": 1}),
    ("PolynomialLR", {"total_iters": 60, "power": 0.5}),
    ("LambdaLR", {"lr_lambda": "0.95 ** epoch"}),
    ("LambdaLR", {"lr_lambda": "1 / (1 + epoch)"}),
]
CYCLES = [
    {"max_lr": 0.5, "total_steps": 62},
    {"max_lr": 0.1, "total_steps": 61, "pct_start": 0.25, "base_momentum": 0.5, "max_momentum": 0.9},
    {"max_lr": 0.5, "total_steps": 80, "anneal_strategy": "linear", "div_factor": 10, "final_div_factor": 100},
    {"max_lr": 0.5, "total_steps": 64, "three_phase": True},
    {"max_lr": 0.5, "total_steps": 62, "cycle_momentum": False},
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
    ({"mode": "min", "factor": 0.5, "patience": 2, "threshold": 0.1}, "not finite",
     [math.nan, math.inf, *FALLING[:20], math.nan, math.nan, *FALLING[20:28], math.inf, *FALLING[28:57]]),
    ({"mode": "max", "factor": 0.5, "patience": 1, "threshold": 0.01}, "not finite",
     [-math.inf, *FALLING[:9], *([math.nan] * 50)]),
]
NAMES = {"step_size": "stepSize", "T_max": "tMax", "eta_min": "etaMin", "T_0": "t0", "T_mult": "tMult",
         "start_factor": "startFactor", "end_factor": "endFactor", "total_iters": "totalIterations",
         "threshold_mode": "thresholdMode", "min_lr": "minLr", "lr_lambda": "lrLambda", "max_lr": "maxLr",
         "total_steps": "totalSteps", "pct_start": "pctStart", "base_momentum": "baseMomentum",
         "max_momentum": "maxMomentum", "anneal_strategy": "annealStrategy", "div_factor": "divFactor",
         "final_div_factor": "finalDivFactor", "three_phase": "threePhase", "cycle_momentum": "cycleMomentum"}


def arguments(options):
    """The options as PyTorch takes them: a function of the epoch is stored as its text, which JavaScript reads too."""
    formula = options.get("lr_lambda")
    return options if formula is None else {"lr_lambda": eval(f"lambda epoch: {formula}")}


def schedule(scheduler, options, lr, label="", metrics=None):
    """
    Attribute `lr`: the rates of the parameter groups. Outputs: `initial` [groups], after the scheduler is made, and
    `lr` [60, groups], after each of its steps.
    """
    def run(*values):
        optimizer = SGD([{"params": [nn.Parameter(torch.zeros(1))], "lr": rate} for rate in lr], lr=1)
        scheduler_ = getattr(lr_scheduler, scheduler)(optimizer, **arguments(options))
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


def cycle(optimizer, settings, options):
    """Besides, `momentum` [60], after each step: that of SGD, or the first beta of AdamW."""
    def run():
        optimizer_ = getattr(torch.optim, optimizer)([nn.Parameter(torch.zeros(1))], lr=0.1, **settings)
        scheduler = lr_scheduler.OneCycleLR(optimizer_, **options)
        group, found = optimizer_.param_groups[0], []
        for _ in range(STEPS + 1):
            found.append([group["lr"], group["betas"][0] if "betas" in group else group["momentum"]])
            optimizer_.step()
            scheduler.step()
        lr, momentum = torch.tensor(found, dtype=torch.float64).unbind(1)
        return {"initial": lr[:1], "lr": lr[1:, None], "momentum": momentum}

    named = {NAMES.get(key, key): value for key, value in options.items()}
    words = " ".join(f"{key}={value}" for key, value in named.items())
    return case("scheduler", "OneCycleLR", f"OneCycleLR {words} of {optimizer}", run,
                attributes={"steps": STEPS, "lr": [0.1], **named, "optimizer": optimizer}, differentiate=[])


def rates_of(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def cases():
    return [
        *(schedule(scheduler, options, lr) for scheduler, options in SETTINGS for lr in ([0.1], [0.1, 0.02])),
        *(schedule("ReduceLROnPlateau", options, [0.1], label, metrics) for options, label, metrics in PLATEAU),
        schedule("ReduceLROnPlateau", PLATEAU[1][0], [0.1, 0.02], "noisy", NOISY),
        *(cycle("SGD", {"momentum": 0.9}, options) for options in CYCLES),
        cycle("AdamW", {}, CYCLES[0]),
    ]
