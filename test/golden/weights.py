"""
Write the state dict of a small CNN with BatchNorm as `safetensors.torch.save_file` does, without that package:

    /usr/bin/python3 test/golden/weights.py
"""

import json
import struct
from pathlib import Path

import torch
from torch import nn

TYPES = {torch.float32: "F32", torch.int64: "I64"}


def save_file(tensors, path, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        array = tensor.contiguous().numpy().tobytes()
        offsets = [len(data), len(data) + len(array)]
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": offsets}
        data += array
    text = json.dumps(header, separators=(",", ":")).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.ReLU())
        self.last_norm = nn.BatchNorm1d(12)
        self.fc1 = nn.Linear(12, 2)

    def forward(self, x):
        return self.fc1(self.last_norm(nn.functional.avg_pool2d(self.features(x), 2).flatten(1)))


def main():
    torch.manual_seed(20250516)
    network = Network()
    for name, parameter in network.named_parameters():
        if parameter.dim() == 1:
            nn.init.uniform_(parameter, 0.5, 1.5)
    for _ in range(3):
        network(torch.randn(8, 2, 4, 4) * 2 + 1)
    x = torch.randn(2, 2, 4, 4)
    with torch.no_grad():
        y = network.eval()(x)
    metadata = {"input": json.dumps(x.flatten().tolist()), "output": json.dumps(y.tolist())}
    save_file(network.state_dict(), Path(__file__).parent / "weights.safetensors", metadata)


if __name__ == "__main__":
    main()
