"""interpolate in every mode, both conventions of corners, by size and by factor; pixel shuffles; gridSample, affineGrid."""

from functools import partial

import torch
import torch.nn.functional as F

from format import case, grid

case = partial(case, "operator")


def resize(shape, mode, size=None, scale=None, corners=None):
    attributes = {"mode": mode}
    if size is not None:
        attributes["size"] = list(size)
    if scale is not None:
        attributes["scaleFactor"] = list(scale)
    if corners is not None:
        attributes["alignCorners"] = corners
    name = f"interpolate {shape} {mode} size={size} scaleFactor={scale} alignCorners={corners}"
    factor = scale if scale is None or len(scale) > 1 else scale[0]
    function = partial(F.interpolate, size=size, scale_factor=factor, mode=mode, align_corners=corners)
    return case("interpolate", name, function, {"x": grid(*shape)}, attributes=attributes)


def resizes():
    for mode in ("nearest", "nearest-exact", "area"):
        yield resize([2, 2, 5], mode, size=[8])
        yield resize([1, 2, 3, 4], mode, scale=[2, 2])
        yield resize([1, 2, 5, 6], mode, size=[3, 4])
        yield resize([1, 1, 4, 5], mode, size=[7, 3])
        yield resize([1, 1, 2, 3, 4], mode, size=[4, 2, 5])
    yield resize([1, 2, 6], "nearest", scale=[1.5])
    yield resize([1, 2, 7], "nearest", scale=[0.4])
    yield resize([1, 2, 6], "nearest-exact", scale=[1.5])
    for corners in (False, True):
        yield resize([2, 2, 5], "linear", size=[8], corners=corners)
        yield resize([1, 2, 7], "linear", size=[3], corners=corners)
        yield resize([1, 1, 4], "linear", scale=[2.3], corners=corners)
        yield resize([1, 1, 3], "linear", size=[1], corners=corners)
        yield resize([1, 1, 1], "linear", size=[4], corners=corners)
        yield resize([1, 2, 3, 4], "bilinear", scale=[2, 2], corners=corners)
        yield resize([1, 2, 5, 4], "bilinear", size=[3, 7], corners=corners)
        yield resize([1, 1, 4, 5], "bilinear", scale=[0.6, 1.7], corners=corners)
        yield resize([1, 1, 2, 3, 4], "trilinear", size=[4, 2, 5], corners=corners)
        yield resize([1, 2, 4, 5], "bicubic", scale=[2, 2], corners=corners)
        yield resize([1, 1, 5, 6], "bicubic", size=[3, 9], corners=corners)
        yield resize([1, 1, 3, 1], "bicubic", size=[1, 2], corners=corners)
        yield resize([1, 1, 4, 5], "bicubic", scale=[1.3, 0.7], corners=corners)


def shuffles():
    for factor, shape in ((2, [2, 8, 2, 3]), (3, [1, 9, 1, 2])):
        shuffled = [shape[0], shape[1] // factor**2, shape[2] * factor, shape[3] * factor]
        yield case("pixelShuffle", f"pixelShuffle {shape} {factor}", partial(F.pixel_shuffle, upscale_factor=factor),
                   {"x": grid(*shape)}, attributes={"factor": factor})
        yield case("pixelUnshuffle", f"pixelUnshuffle {shuffled} {factor}",
                   partial(F.pixel_unshuffle, downscale_factor=factor), {"x": grid(*shuffled)},
                   attributes={"factor": factor})


def samples():
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            for corners in (False, True):
                # Odd multiples of 1/26 beyond both edges: no place is at an element, at a half or at an edge.
                places = (torch.randint(-22, 22, (1, 3, 3, 2)).double() * 2 + 1) / 26
                attributes = {"mode": mode, "paddingMode": padding, "alignCorners": corners}
                function = partial(F.grid_sample, mode=mode, padding_mode=padding, align_corners=corners)
                yield case("gridSample", f"gridSample {mode} {padding} alignCorners={corners}", function,
                           {"x": grid(1, 2, 4, 5), "grid": places}, attributes=attributes)


def corners():
    """At the corners and at the edges: the values, and the gradient of the input."""
    edges = torch.tensor([-1.0, 1.0, 0.0, -2.0, 2.0], dtype=torch.float64)
    places = torch.stack(torch.meshgrid(edges, edges, indexing="ij"), -1).unsqueeze(0)
    for mode in ("bilinear", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            for aligned in (False, True):
                attributes = {"mode": mode, "paddingMode": padding, "alignCorners": aligned}
                function = partial(F.grid_sample, mode=mode, padding_mode=padding, align_corners=aligned)
                yield case("gridSample", f"gridSample at the edges {mode} {padding} alignCorners={aligned}", function,
                           {"x": grid(1, 1, 3, 3), "grid": places}, attributes=attributes)


def affine():
    for aligned in (False, True):
        yield case("affineGrid", f"affineGrid alignCorners={aligned}",
                   lambda theta, aligned=aligned: F.affine_grid(theta, [2, 1, 3, 4], align_corners=aligned),
                   {"theta": grid(2, 2, 3)}, attributes={"size": [2, 1, 3, 4], "alignCorners": aligned})
    yield case("affineGrid", "affineGrid of one place", lambda theta: F.affine_grid(theta, [1, 1, 1, 1], True),
               {"theta": grid(1, 2, 3)}, attributes={"size": [1, 1, 1, 1], "alignCorners": True})


def cases():
    return [*resizes(), *shuffles(), *samples(), *corners(), *affine()]
