"""einsum, linear algebra."""

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


def cases():
    return [*products(), *systems(), *determinants(), *triangles()]
