"""The formulas of polynomial activations and of the boundary penalty, as PyTorch differentiates them."""

from fractions import Fraction
from math import comb, exp

import torch


def monomial(x, coefficients, bound):
    """sum of c_k t^k with t = x / bound."""
    t = x / bound
    return sum(coefficient(coefficients, k, x) * t**k for k in range(coefficients.shape[-1]))


def even_odd(x, coefficients, bound):
    """
    E(s) + t O(s) with t = x / bound and s = 2 t^2 - 1, both sums of powers of s; the coefficients are
    [E_0, ..., E_(floor(d/2)), O_0, ..., O_(ceil(d/2)-1)] for degree d.
    """
    t = x / bound
    s = 2 * t**2 - 1
    total = coefficients.shape[-1]
    even = (total + 1) // 2
    return (sum(coefficient(coefficients, k, x) * s**k for k in range(even))
            + t * sum(coefficient(coefficients, even + k, x) * s**k for k in range(total - even)))


def coefficient(coefficients, k, x):
    """Coefficient k: one number, or one for each channel (axis 1 of x) if there is a row for each."""
    column = coefficients[..., k]
    return column if column.dim() == 0 else column.reshape(-1, *[1] * (x.dim() - 2))


def tangent(x, coefficients, bound, polynomial):
    """The polynomial inside [-bound, bound], its tangent at the boundary beyond: p(±B) + (x ∓ B) p'(±B)."""
    edge = x.detach().clamp(-bound, bound).requires_grad_()
    value = polynomial(edge, coefficients, bound)
    slope, = torch.autograd.grad(value.sum(), edge, create_graph=True)
    return torch.where(x.abs() <= bound, polynomial(x, coefficients, bound), value + (x - edge) * slope)


def monomial_to_even_odd(coefficients):
    """The same polynomial in the even-odd basis, in exact arithmetic: t^2 = (s + 1) / 2."""
    exact = [Fraction(value) for value in coefficients.tolist()]
    halves = [in_s(exact[0::2]), in_s(exact[1::2])]
    return torch.tensor([float(value) for half in halves for value in half], dtype=torch.float64)


def in_s(powers):
    """Coefficients in s of the sum of powers[j] ((s + 1) / 2)^j."""
    return [sum(Fraction(comb(j, i), 2**j) * powers[j] for j in range(i, len(powers))) for i in range(len(powers))]


def exponential(x, alpha, bound, cap):
    """mean(e^excess - 1) with excess = max(|x| - alpha bound, 0), continued along its tangent beyond `cap`."""
    excess = (x.abs() - alpha * bound).clamp(min=0)
    held = excess.clamp(max=cap)
    return (torch.expm1(held) + exp(cap) * (excess - held)).mean()


def quadratic(x, alpha, bound):
    """mean(max(|x| - alpha bound, 0)^2)."""
    return ((x.abs() - alpha * bound).clamp(min=0) ** 2).mean()


def power(x, alpha, bound, exponent):
    """mean((x / (alpha bound))^exponent)."""
    return ((x / (alpha * bound)) ** exponent).mean()
