"""Polynomial activations: value, gradients of x and of the coefficients, inside and outside [-bound, bound]."""

from functools import partial

import torch

from format import case, grid
from method import even_odd, monomial, monomial_to_even_odd, tangent

case = partial(case, "operator")
DEGREES = [1, 2, 3, 4, 8, 16, 22]
BASES = {"monomial": monomial, "evenOdd": even_odd}
BOUND = 5
INSIDE = torch.tensor([-4.9375, -4, -2.75, -1, -0.125, 0, 0.5, 1.5, 3.25, 4.5]).double()
OUTSIDE = torch.tensor([-7.5, -6, -5.0625, 5.0625, 5.5, 7]).double()
AT_BOUND = torch.tensor([-5.0, 5]).double()


def activation(x, coefficients, bound, basis, outside):
    polynomial = BASES[basis]
    return tangent(x, coefficients, bound, polynomial) if outside == "tangent" else polynomial(x, coefficients, bound)


def coefficients_of(degree, channels=None):
    shape = [degree + 1] if channels is None else [channels, degree + 1]
    values = grid(*shape, step=1 / 8, span=1)
    values[..., -1] += 1 / 16  # the highest coefficient of the basis is never zero
    return values


def single(basis, degree, outside, label, x, second_order=True, channels=None):
    attributes = {"basis": basis, "degree": degree, "bound": BOUND, "outside": outside}
    return case("polynomial", f"polynomial {basis} degree={degree} outside={outside} {label}",
                partial(activation, bound=BOUND, basis=basis, outside=outside),
                {"x": x, "coefficients": coefficients_of(degree, channels)}, attributes=attributes,
                second_order=["x"] if second_order else [])


def conversions():
    for degree in DEGREES:
        source = coefficients_of(degree)
        target = monomial_to_even_odd(source)
        x = torch.cat([INSIDE, OUTSIDE])
        torch.testing.assert_close(even_odd(x, target, BOUND), monomial(x, source, BOUND), rtol=1e-9, atol=1e-9)
        yield case("monomialToEvenOdd", f"monomialToEvenOdd degree={degree}", monomial_to_even_odd,
                   {"coefficients": source}, attributes={"degree": degree}, differentiate=[])


def cases():
    result = []
    for basis in BASES:
        for degree in DEGREES:
            result += [
                single(basis, degree, "polynomial", "x inside", INSIDE),
                single(basis, degree, "polynomial", "x outside", OUTSIDE),
                single(basis, degree, "tangent", "x inside and outside", torch.cat([INSIDE, OUTSIDE])),
                single(basis, degree, "tangent", "x at the bound", AT_BOUND, second_order=False),
            ]
        for outside in ("polynomial", "tangent"):
            result += [
                single(basis, 4, outside, "per channel", grid(2, 3, 2, span=6) + 1 / 8, channels=3),
                single(basis, 8, outside, "per channel of images", grid(2, 2, 2, 3, span=6) + 1 / 8, channels=2),
                single(basis, 3, outside, "per channel without positions", grid(4, 2, span=6) + 1 / 8, channels=2),
                single(basis, 4, outside, "far outside", torch.tensor([-1e6, -1e3, 1e3, 1e6]).double()),
            ]
    return [*result, *conversions()]
