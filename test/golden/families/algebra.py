"""einsum."""

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


def cases():
    return [*products()]
