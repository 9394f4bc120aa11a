"""PyTorch, eager, as its users write it."""
import sys

import torch
from torch import nn
from choose_kernels import openblas_core
from participant import (
    adam_inputs,
    batch_norm_inputs,
    convolution_inputs,
    matmul_inputs,
    polynomial_inputs,
    serve,
    uniform,
)


def variable(array):
    return torch.from_numpy(array).requires_grad_()


def plain(outputs):
    return [output.detach().numpy() for output in outputs]


# In one kernel on the processor from 2.4 on.
ADAMW = {"fused": True} if tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 4) else {}


def differentiated(function, inputs, gradient, direction):
    """A function of inputs, alone or with the gradients of all of them."""

    def forward():
        with torch.no_grad():
            return [function()]

    def with_gradients():
        output = function()
        return [output, *torch.autograd.grad(output, inputs, gradient)]

    run = forward if direction == "forward" else with_gradients
    return run, lambda: plain(run())


def horner(coefficients, s):
    # In place where nobody asks for gradients. addcmul is one pass where these are two, yet slower.
    y = coefficients[-1]
    if torch.is_grad_enabled() or len(coefficients) == 1:
        for c in coefficients[-2::-1]:
            y = y * s + c
        return y
    y = (s * y).add_(coefficients[-2])
    for c in coefficients[-3::-1]:
        y.mul_(s).add_(c)
    return y


def polynomial(work):
    x, gradient = polynomial_inputs(work)
    x = variable(x)
    coefficients = torch.tensor(work["coefficients"], dtype=torch.float32, requires_grad=True)
    bound, form, even = work["bound"], work["form"], work["evenTerms"]

    def value():
        t = x / bound
        c = coefficients.unbind()
        if form == "horner":
            return horner(c, t)
        if form == "sum of powers":
            return sum(c[k] * t**k for k in range(len(c)))
        s = 2 * t * t - 1
        return horner(c[:even], s) + t * horner(c[even:], s)

    return differentiated(value, [x, coefficients], torch.from_numpy(gradient), work["direction"])


def activation(work):
    x, gradient = polynomial_inputs(work)
    gradient = torch.from_numpy(gradient)
    x = variable(x)
    c = torch.tensor(work["coefficients"], dtype=torch.float32).unbind()
    bound, even = work["bound"], work["evenTerms"]
    # p' = (Q(s) + t P(s)) / B with P = 4 E' and Q = O, which is a constant for ReLU.
    rise = sum(4 * k * c[k] for k in range(1, even))
    up, down = (c[even] + rise) / bound, (c[even] - rise) / bound

    def forward():
        inside = x.clamp(-bound, bound)
        t = inside / bound
        s = 2 * t * t - 1
        value = horner(c[:even], s) + t * c[even]
        # Beyond the bound the slope is a constant for each side.
        value = value + (x - inside) * torch.where(x > 0, up, down)
        excess = (x.abs() - work["limit"]).clamp(min=0)
        below = excess.clamp(max=work["cap"])
        penalty = torch.expm1(below) + (excess - below) * torch.exp(below.detach())
        return value, penalty.mean()

    def run():
        if work["direction"] == "forward":
            with torch.no_grad():
                return forward()
        output, cost = forward()
        return output, cost, *torch.autograd.grad((output, cost), [x], (gradient, torch.ones(())))

    return run, lambda: plain(run())


def matmul(work):
    a, b = (torch.from_numpy(each) for each in matmul_inputs(work))
    return lambda: [a @ b]


def convolution(work):
    x, weight, gradient = convolution_inputs(work)
    x, weight = variable(x), variable(weight)
    settings = {"stride": work["stride"], "padding": work["kernel"] // 2}
    return differentiated(
        lambda: nn.functional.conv2d(x, weight, **settings), [x, weight], torch.from_numpy(gradient), work["direction"]
    )


def batch_norm(work):
    x, gamma, beta, gradient = batch_norm_inputs(work)
    x, gamma, beta = variable(x), variable(gamma), variable(beta)
    return differentiated(
        lambda: nn.functional.batch_norm(x, None, None, gamma, beta, training=True),
        [x, gamma, beta],
        torch.from_numpy(gradient),
        work["direction"],
    )


def adamw(work):
    parameter, gradient = adam_inputs(work)
    parameter = variable(parameter)
    parameter.grad = torch.from_numpy(gradient)
    optimizer = torch.optim.AdamW([parameter], **ADAMW)

    def step():
        optimizer.step()
        return [parameter]

    return step, lambda: plain(step())


class Horner(nn.Module):
    """A fixed polynomial of every element."""

    def __init__(self, coefficients):
        super().__init__()
        self.coefficients = coefficients

    def forward(self, x):
        *rest, last = self.coefficients
        y = last * x + rest[-1]
        for c in rest[-2::-1]:
            y = y * x + c
        return y


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Network:
    """Makes modules of layers in plain data, with weights that everyone starts from."""

    def __init__(self, work):
        self.seed = 2
        # In x, so that nothing has to be scaled.
        self.powers = [c / work["bound"] ** k for k, c in enumerate(work["powers"])]

    def initialize(self, weight):
        fan_in = weight[0].numel()
        reach = (3 / fan_in) ** 0.5
        values = uniform(weight.numel(), self.seed, -reach, reach)
        weight.data = torch.from_numpy(values).reshape(weight.shape)
        self.seed += 1

    def sequence(self, layers):
        return nn.Sequential(*[self.module(layer) for layer in layers])

    def module(self, layer):
        kind = layer["layer"]
        if kind == "convolution":
            kernel = layer["kernel"]
            settings = {"stride": layer["stride"], "padding": kernel // 2, "bias": False}
            module = nn.Conv2d(layer["inputs"], layer["outputs"], kernel, **settings)
            self.initialize(module.weight)
            return module
        if kind == "linear":
            module = nn.Linear(layer["inputs"], layer["outputs"])
            self.initialize(module.weight)
            nn.init.zeros_(module.bias)
            return module
        if kind == "batch norm":
            return (nn.BatchNorm2d if layer["images"] else nn.BatchNorm1d)(layer["channels"])
        if kind == "polynomial":
            return Horner(self.powers)
        if kind == "average pool":
            return nn.AvgPool2d(2)
        if kind == "global average pool":
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        if kind == "flatten":
            return nn.Flatten()
        body = self.sequence(layer["body"])
        return Residual(body, self.sequence(layer["shortcut"]) if layer["shortcut"] else nn.Identity())


def training_step(work):
    shape = [work["batch"], *work["input"]]
    images = torch.from_numpy(uniform(torch.Size(shape).numel(), 1)).reshape(shape)
    labels = torch.arange(work["batch"]) % work["classes"]
    network = Network(work).sequence(work["layers"])
    optimizer = torch.optim.AdamW(network.parameters(), **ADAMW)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step, lambda: [[step().item() for _ in range(3)]]


WORK = {
    "polynomial": polynomial,
    "activation": activation,
    "matmul": matmul,
    "convolution": convolution,
    "batch norm": batch_norm,
    "adamw": adamw,
    "training step": training_step,
}


def version():
    """With the library that multiplies its matrices, where that can be seen: some are ten times as fast as others."""
    core = openblas_core()
    if core is not None:
        return f"{torch.__version__} with OpenBLAS for {core}"
    try:
        with open("/proc/self/maps", encoding="utf8") as maps:
            loaded = maps.read()
    except OSError:
        return torch.__version__
    fast = [name for name in ("mkl", "blis", "atlas") if f"/lib{name}" in loaded or f"/{name}" in loaded]
    return f"{torch.__version__} with {fast[0] if fast else 'a plain BLAS'}"


torch.set_num_threads(int(sys.argv[1]))
serve(version(), lambda work: WORK[work["kind"]](work))
