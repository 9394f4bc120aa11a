"""RNN, LSTM and GRU: layers, directions, lengths, states; and their cells."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from format import grid
from modules import module_case

STATES = {"RNN": ("hidden",), "GRU": ("hidden",), "LSTM": ("hidden", "cell")}


def moved(module):
    """The module in float64, with parameters on a grid."""
    module = module.double()
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(grid(*value.shape, step=1 / 16, span=1))
    return module


def run(module, layer, x, given=(), lengths=None):
    """Output and last states, from the states that are given. The weights are read where `install` has put them."""
    module._flat_weights = [module._parameters[name] for name in module._flat_weights_names]
    state = None if not given else given[0] if layer != "LSTM" else tuple(given)
    packed = x if lengths is None else pack_padded_sequence(x, lengths, module.batch_first, enforce_sorted=False)
    output, last = module(packed, state)
    if lengths is not None:
        output = pad_packed_sequence(output, module.batch_first)[0]
    last = last if layer == "LSTM" else (last,)
    return {"y": output, **dict(zip(STATES[layer], last))}


def networks():
    for layer in STATES:
        for label, options, with_state, lengths in (
                ("", {}, False, None),
                ("without bias", {"bias": False}, False, None),
                ("two layers, both directions", {"num_layers": 2, "bidirectional": True}, True, None),
                ("lengths", {"bidirectional": True, "batch_first": True}, True, [3, 1])):
            module = moved(getattr(nn, layer)(2, 2, **options))
            x = grid(2, 3, 2) if options.get("batch_first") else grid(3, 2, 2)
            places = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
            states = {f"{name}0": grid(places, 2, 2) for name in STATES[layer]} if with_state else {}
            yield module_case(
                layer, f"{layer}{label and f' {label}'}", module, {"x": x, **states},
                lambda module, x, *given, layer=layer, lengths=lengths: run(module, layer, x, given, lengths),
                attributes={"numLayers": options.get("num_layers", 1), "bias": options.get("bias", True),
                            "bidirectional": options.get("bidirectional", False),
                            "batchFirst": options.get("batch_first", False), "lengths": lengths},
                second_order=["x"] if label == "" else [])
    module = moved(nn.RNN(2, 2, nonlinearity="relu"))
    yield module_case("RNN", "RNN relu", module, {"x": grid(3, 2, 2)},
                      lambda module, x: run(module, "RNN", x),
                      attributes={"numLayers": 1, "bias": True, "bidirectional": False, "batchFirst": False,
                                  "lengths": None, "nonlinearity": "relu"})


def cells():
    for layer in ("RNNCell", "GRUCell", "LSTMCell"):
        for bias in (True, False):
            module = moved(getattr(nn, layer)(2, 3, bias=bias))
            names = ("hidden0", "cell0") if layer == "LSTMCell" else ("hidden0",)

            def forward(module, x, *state, layer=layer):
                result = module(x, tuple(state) if layer == "LSTMCell" else state[0])
                return {"y": result[0], "cell": result[1]} if layer == "LSTMCell" else {"y": result}

            yield module_case(layer, f"{layer} bias={bias}", module,
                              {"x": grid(2, 2), **{name: grid(2, 3) for name in names}}, forward,
                              attributes={"bias": bias}, second_order=["x"])


def cases():
    return [*networks(), *cells()]
