"""Scaled dot-product attention, MultiheadAttention, and the layers of transformers."""

import math

import torch
from torch import nn

from format import case, grid
from modules import camel, module_case


def moved(module):
    """The module in float64 with small parameters on a grid; weights of normalizations near 1."""
    module = module.double()
    with torch.no_grad():
        for name, value in module.named_parameters():
            value.copy_(grid(*value.shape, step=1 / 16, span=1 / 2) + (1 if "norm" in name and "weight" in name else 0))
    return module


def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores + mask if mask.is_floating_point() else scores.masked_fill(~mask, float("-inf"))
    return torch.softmax(scores, -1) @ value


def causal(queries, keys):
    return torch.ones(queries, keys, dtype=torch.bool).tril()


def dot_products():
    for leading in ([], [2, 2]):
        inputs = {"query": grid(*leading, 3, 4), "key": grid(*leading, 3, 4), "value": grid(*leading, 3, 2)}
        yield case("operator", "scaledDotProductAttention", f"attention {leading}", attention, inputs,
                   second_order=["query"] if leading == [] else [])
        yield case("operator", "scaledDotProductAttention", f"attention {leading} causal",
                   lambda query, key, value: attention(query, key, value, causal(3, 3)), inputs,
                   attributes={"causal": True})
        for mask in (causal(3, 3), grid(3, 3)):
            yield case("operator", "scaledDotProductAttention", f"attention {leading} mask {mask.dtype}", attention,
                       {**inputs, "mask": mask}, differentiate=["query", "key", "value"])


def heads():
    def run(module, query, key=None, value=None, attn_mask=None, key_padding_mask=None):
        key = query if key is None else key
        value = key if value is None else value
        output, weights = module(query, key, value, attn_mask=attn_mask, key_padding_mask=key_padding_mask,
                                 average_attn_weights=False)
        return {"y": output, "weights": weights}

    padding = torch.tensor([[False, False, True], [False, True, True]])
    future = torch.ones(3, 3, dtype=torch.bool).triu(1)
    for label, options, shapes, masks in (
            ("self", {}, [[3, 2, 4]], {}),
            ("self batch first", {"batch_first": True}, [[2, 3, 4]], {}),
            ("self without bias", {"bias": False}, [[3, 2, 4]], {}),
            ("self of one sample", {}, [[3, 4]], {}),
            ("key", {}, [[2, 2, 4], [3, 2, 4]], {}),
            ("key and value", {"batch_first": True}, [[2, 2, 4], [2, 3, 4], [2, 3, 4]], {}),
            ("other features", {"kdim": 3, "vdim": 2}, [[2, 2, 4], [3, 2, 3], [3, 2, 2]], {}),
            ("future", {}, [[3, 2, 4]], {"attn_mask": future}),
            ("numbers", {}, [[3, 2, 4]], {"attn_mask": grid(3, 3)}),
            ("mask of each head", {}, [[3, 2, 4]], {"attn_mask": grid(4, 3, 3)}),
            ("padding", {"batch_first": True}, [[2, 3, 4]], {"key_padding_mask": padding}),
            ("padding and future", {"batch_first": True}, [[2, 3, 4]],
             {"key_padding_mask": padding, "attn_mask": future})):
        module = moved(nn.MultiheadAttention(4, 2, **options))
        inputs = dict(zip(("query", "key", "value"), (grid(*shape) for shape in shapes)))
        names = {"attn_mask": "attentionMask", "key_padding_mask": "keyPaddingMask"}
        keywords = list(inputs) + list(masks)

        def forward(module, *tensors, keywords=keywords):
            return run(module, **dict(zip(keywords, tensors)))

        yield module_case("MultiheadAttention", f"MultiheadAttention {label}", module,
                          {**inputs, **{names[key]: mask for key, mask in masks.items()}}, forward,
                          attributes={"batchFirst": options.get("batch_first", False),
                                      "bias": options.get("bias", True), "kdim": options.get("kdim", 4),
                                      "vdim": options.get("vdim", 4)},
                          differentiate=[*inputs, *(camel(key) for key, _ in module.named_parameters())],
                          second_order=["query"] if label == "self" else [])


def layers():
    for norm_first, activation in ((False, "relu"), (True, "gelu")):
        options = {"dim_feedforward": 5, "dropout": 0, "activation": activation, "norm_first": norm_first,
                   "batch_first": norm_first}
        attributes = {"activation": activation, "normFirst": norm_first, "batchFirst": norm_first}
        label = f"normFirst={norm_first} {activation}"
        encoder = moved(nn.TransformerEncoderLayer(4, 2, **options))
        yield module_case("TransformerEncoderLayer", f"TransformerEncoderLayer {label}", encoder,
                          {"x": grid(3, 2, 4)}, lambda module, x: {"y": module(x)}, attributes=attributes)
        decoder = moved(nn.TransformerDecoderLayer(4, 2, **options))
        shapes = ([2, 3, 4], [2, 2, 4]) if norm_first else ([3, 2, 4], [2, 2, 4])
        yield module_case("TransformerDecoderLayer", f"TransformerDecoderLayer {label}", decoder,
                          {"x": grid(*shapes[0]), "memory": grid(*shapes[1])},
                          lambda module, x, memory: {"y": module(x, memory)}, attributes=attributes)
    layer = nn.TransformerEncoderLayer(4, 2, dim_feedforward=3, dropout=0, batch_first=True)
    encoder = moved(nn.TransformerEncoder(layer, 2, nn.LayerNorm(4)))
    yield module_case("TransformerEncoder", "TransformerEncoder with a mask", encoder,
                      {"x": grid(2, 3, 4), "attentionMask": torch.ones(3, 3, dtype=torch.bool).triu(1)},
                      lambda module, x, mask: {"y": module(x, mask)},
                      attributes={"layers": 2}, differentiate=["x", *(camel(k) for k, _ in encoder.named_parameters())])
    layer = nn.TransformerDecoderLayer(4, 2, dim_feedforward=3, dropout=0, batch_first=True)
    decoder = moved(nn.TransformerDecoder(layer, 2, nn.LayerNorm(4)))
    yield module_case("TransformerDecoder", "TransformerDecoder", decoder,
                      {"x": grid(2, 3, 4), "memory": grid(2, 2, 4)},
                      lambda module, x, memory: {"y": module(x, memory)}, attributes={"layers": 2})


def cases():
    return [*dot_products(), *heads(), *layers()]
