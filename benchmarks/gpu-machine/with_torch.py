"""Times of PyTorch, eager, in float32 without TF32: python3 with_torch.py FILE [--small]"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True

path = sys.argv[1]
small = "--small" in sys.argv
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
lines = []


def add(**line):
    lines.append(line)
    print(json.dumps(line), flush=True)
    with open(path, "w") as file:
        json.dump(lines, file, indent=1)


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


def milliseconds(launch, seconds=0.01 if small else 0.25):
    for _ in range(3):
        launch()
    wait()
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            launch()
        wait()
        took = time.perf_counter() - start
        if took > seconds / 4 or calls >= 2000:
            break
        calls *= 2
    best = took
    for _ in range(2):
        start = time.perf_counter()
        for _ in range(calls):
            launch()
        wait()
        best = min(best, time.perf_counter() - start)
    return 1000 * best / calls


class Block(nn.Module):
    def __init__(self, inner, outer, stride, activation):
        super().__init__()
        self.conv1 = nn.Conv2d(inner, outer, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outer)
        self.conv2 = nn.Conv2d(outer, outer, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outer)
        self.act1, self.act2 = activation(), activation()
        self.shortcut = nn.Identity()
        if stride != 1 or inner != outer:
            self.shortcut = nn.Sequential(nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer))

    def forward(self, x):
        y = self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x)))))
        return self.act2(y + self.shortcut(x))


class Polynomial(nn.Module):
    """Horner's method in t = x/B, with a penalty as in boundary loss."""

    def __init__(self, degree):
        super().__init__()
        self.coefficients = nn.Parameter(torch.randn(degree + 1) * 0.1)

    def forward(self, x):
        t = x / 10
        y = self.coefficients[-1]
        for c in self.coefficients.flip(0)[1:]:
            y = y * t + c
        return y


def resnet18(activation):
    layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), activation()]
    inner = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Block(inner, width, stride, activation), Block(width, width, 1, activation)]
        inner = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10)).to(device)


name = torch.cuda.get_device_name(0) if device.type == "cuda" else "processor"
add(device=name, torch=torch.__version__)

batch = 2 if small else 128
for kind, activation in (("ReLU", nn.ReLU), ("degree 8", lambda: Polynomial(8))):
    network = resnet18(activation)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    x = torch.randn(batch, 3, 32, 32, device=device)
    labels = torch.arange(batch, device=device) % 10

    def step():
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    add(network=kind, batch=batch, ms=milliseconds(step))

for side in (64,) if small else (512, 1024, 2048, 4096):
    a, b = torch.randn(side, side, device=device), torch.randn(side, side, device=device)
    ms = milliseconds(lambda: a @ b)
    add(matmul=side, ms=ms, tflops=2 * side**3 / ms / 1e9)

for inner, outer, side, window, stride in (
    (64, 64, 32, 3, 1),
    (128, 128, 16, 3, 1),
    (256, 256, 8, 3, 1),
    (512, 512, 4, 3, 1),
    (64, 128, 32, 3, 2),
    (256, 512, 8, 3, 2),
    (64, 128, 32, 1, 2),
    (3, 64, 32, 3, 1),
):
    x = torch.randn(batch, inner, side, side, device=device)
    w = torch.randn(outer, inner, window, window, device=device)
    padding = window // 2
    y = F.conv2d(x, w, None, stride, padding)
    operations = 2 * y.numel() * inner * window**2
    layer = f"{inner} {outer} {side} {window} {stride}"

    backward = torch.ops.aten.convolution_backward

    def gradient(mask):
        return backward(y, x, w, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, mask)

    for kind, launch in (
        ("forward", lambda: F.conv2d(x, w, None, stride, padding)),
        ("input gradient", lambda: gradient([True, False, False])),
        ("weight gradient", lambda: gradient([False, True, False])),
    ):
        ms = milliseconds(launch)
        add(layer=layer, kind=kind, ms=ms, tflops=operations / ms / 1e9)

size = 2**16 if small else 2**26
x = torch.randn(size, device=device)
for work, floats, launch in (
    ("neg", 2, lambda: -x),
    ("add", 3, lambda: x + x),
    ("exp", 2, lambda: torch.exp(x)),
    ("sum", 1, lambda: x.sum()),
):
    ms = milliseconds(launch)
    add(work=work, ms=ms, gigabytes=4 * floats * size / ms / 1e6)

degrees = (4, 22)
count = 2**14 if small else 2**26
x = torch.randn(count, device=device, requires_grad=True)
g = torch.randn(count, device=device)
for degree in degrees:
    activation = Polynomial(degree).to(device)

    def both():
        y = activation(x)
        torch.autograd.grad(y, [x, activation.coefficients], g)

    with torch.no_grad():
        add(work=f"polynomial {degree} forward", elements=count, ms=milliseconds(lambda: activation(x)))
    add(work=f"polynomial {degree} forward and backward", elements=count, ms=milliseconds(both))
