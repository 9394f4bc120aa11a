"""einsum, linear algebra, Fourier transforms of complex numbers that are pairs in a last axis."""

from functools import partial

import torch

from format import case, grid

case = partial(case, "operator")

EQUATIONS = [("ij,jk->ik", [2, 3], [3, 4]), ("bij,bjk->bik", [2, 2, 3], [2, 3, 2]), ("ii", [3, 3]), ("ii->i", [3, 3]),
             ("ij->ji", [2, 3]), ("ba", [2, 3]), ("ij->", [2, 3]), ("i,j->ij", [2], [3]), ("ij,ij->i", [2, 3], [2, 3]),
             ("...ij,...jk->...ik", [2, 1, 2, 3], [2, 3, 2]), ("b...d,d->b...", [2, 3, 2], [2]),
             ("i,ijk,k->j", [2], [2, 3, 2], [2]), ("bhid,bhjd->bhij", [1, 2, 2, 3], [1, 2, 3, 3]),
             ("iij,jk->ik", [2, 2, 3], [3, 2])]


def products():
    for equation, *shapes in EQUATIONS:
        inputs = {key: grid(*shape) for key, shape in zip("abc", shapes)}
        yield case("einsum", f"einsum {equation}", partial(torch.einsum, equation), inputs,
                   attributes={"equation": equation}, second_order=list(inputs))


def regular(*shape):
    """Matrices whose pivots are far from 0."""
    size = shape[-1]
    return grid(*shape, step=1 / 8, span=1) + 4 * torch.eye(size).double().roll(1, 0)


def systems():
    for shape, right in (([1, 1], [1, 2]), ([3, 3], [3, 2]), ([2, 4, 4], [2, 4, 1]), ([3, 3], [3]), ([2, 1, 3, 3], [3, 3, 2])):
        yield case("solve", f"solve {shape} {right}", torch.linalg.solve, {"a": regular(*shape), "b": grid(*right)},
                   second_order=["a", "b"])
    for shape in ([1, 1], [3, 3], [2, 4, 4]):
        yield case("inverse", f"inverse {shape}", torch.linalg.inv, {"x": regular(*shape)}, second_order=["x"])


def determinants():
    for shape in ([1, 1], [2, 2], [3, 3], [2, 4, 4]):
        yield case("determinant", f"determinant {shape}", torch.linalg.det, {"x": regular(*shape)}, second_order=["x"])
        yield case("logDeterminant", f"logDeterminant {shape}", slogdet, {"x": regular(*shape)}, second_order=["x"],
                   cotangents={"logAbs": torch.ones(shape[:-2]).double()})
    singular = torch.tensor([[1, 2, 3], [2, 4, 7], [1, 2, 4]]).double()
    yield case("determinant", "determinant of rank 2", torch.linalg.det, {"x": singular}, differentiate=[])


def slogdet(x):
    sign, logarithm = torch.linalg.slogdet(x)
    return {"sign": sign, "logAbs": logarithm}


def triangles():
    for upper in (False, True):
        for unit in (False, True):
            yield case("triangularSolve", f"triangularSolve upper={upper} unit={unit}",
                       partial(solve_triangular, upper=upper, unitriangular=unit),
                       {"a": grid(2, 3, 3, step=1 / 8, span=1) + 2 * torch.eye(3).double(), "b": grid(2, 3, 2)},
                       attributes={"upper": upper, "unitDiagonal": unit}, second_order=["a", "b"])
    for shape in ([1, 1], [3, 3], [2, 4, 4]):
        root = grid(*shape, step=1 / 8, span=1)
        yield case("cholesky", f"cholesky {shape}", torch.linalg.cholesky,
                   {"x": root @ root.mT + torch.eye(shape[-1]).double()}, second_order=["x"])


def solve_triangular(a, b, upper, unitriangular):
    return torch.linalg.solve_triangular(a, b, upper=upper, unitriangular=unitriangular)


def complex_case(subject, name, function, x, **attributes):
    return case(subject, name, lambda x: pairs(function(numbers(x))), {"x": x}, attributes=attributes)


def numbers(x):
    return torch.view_as_complex(x) if x.shape[-1:] == (2,) else x


def pairs(y):
    return torch.view_as_real(y) if y.is_complex() else y


def transforms():
    for shape, axis, norm in (([1], -1, "backward"), ([8], -1, "backward"), ([2, 5], -1, "ortho"), ([6, 3], 0, "forward"),
                              ([7], -1, "forward"), ([2, 12], 1, "backward"), ([53], -1, "ortho")):
        for name in ("fft", "ifft"):
            yield complex_case(name, f"{name} {shape} axis={axis} {norm}", partial(getattr(torch.fft, name), dim=axis, norm=norm),
                               grid(*shape, 2), axis=axis, norm=norm)
    for shape, axis, norm in (([1], -1, "backward"), ([8], -1, "backward"), ([3, 5], -1, "ortho"), ([6, 3], 0, "forward")):
        yield complex_case("rfft", f"rfft {shape} axis={axis} {norm}", partial(torch.fft.rfft, dim=axis, norm=norm),
                           grid(*shape), axis=axis, norm=norm)
    for shape, n, axis, norm in (([5], 8, -1, "backward"), ([5], 9, -1, "backward"), ([2, 3], 4, -1, "ortho"),
                                 ([4, 3], 7, 0, "forward"), ([3], 8, -1, "backward"), ([5], 4, -1, "backward")):
        yield complex_case("irfft", f"irfft {shape} n={n} axis={axis} {norm}",
                           partial(torch.fft.irfft, n=n, dim=axis, norm=norm), grid(*shape, 2), n=n, axis=axis, norm=norm)
    for shape, axes, norm in (([3, 4], [-2, -1], "backward"), ([2, 2, 3], [0, 2], "ortho"), ([2, 5], [0, 1], "forward")):
        for name in ("fft2", "ifft2"):
            yield complex_case(name, f"{name} {shape} axes={axes} {norm}", partial(getattr(torch.fft, name), dim=axes, norm=norm),
                               grid(*shape, 2), axes=axes, norm=norm)


def cases():
    return [*products(), *systems(), *determinants(), *triangles(), *transforms()]
