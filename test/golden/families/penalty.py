"""The boundary penalty in its forms, alone and together with a polynomial activation."""

from functools import partial

import torch

from families.polynomial import activation, coefficients_of
from format import case, grid
from method import exponential, power, quadratic

case = partial(case, "operator")
FORMS = {"exponential": exponential, "quadratic": quadratic, "power": power}
SETTINGS = [  # form and its attributes
    ("exponential", {"alpha": 1, "bound": 3, "cap": 10}),
    ("exponential", {"alpha": 0.5, "bound": 5, "cap": 3}),
    ("exponential", {"alpha": 0.75, "bound": 2, "cap": 0.5}),
    ("quadratic", {"alpha": 1, "bound": 3}),
    ("quadratic", {"alpha": 0.5, "bound": 5}),
    ("power", {"alpha": 1, "bound": 3, "exponent": 10}),
    ("power", {"alpha": 0.5, "bound": 5, "exponent": 10}),
]
ARGUMENTS = {
    "inside": [-1.25, -0.5, 0.25, 1],
    "inside and outside": [-9, -6.25, -3.75, -2.125, -0.5, 0.25, 1, 2.25, 4, 5.75, 8],
    "far outside": [-20, -14, 1, 13.5, 30],
    "very far outside": [-1000, 1.75, 10000],
}


def penalties():
    for form, attributes in SETTINGS:
        for label, values in ARGUMENTS.items():
            x = torch.tensor(values, dtype=torch.float64)
            settings = " ".join(f"{key}={value}" for key, value in attributes.items())
            yield case("penalty", f"penalty {form} {settings} {label}", partial(FORMS[form], **attributes), {"x": x},
                       attributes={"form": form, **attributes}, second_order=["x"])


def together():
    """Value, penalty, largest |x| and the count of |x| > bound: what one pass of the activation yields."""
    for degree in (2, 8, 22):
        for outside in ("polynomial", "tangent"):
            for form, settings in (("exponential", {"alpha": 0.5, "bound": 3, "cap": 2}),
                                   ("quadratic", {"alpha": 0.75, "bound": 3})):
                def function(x, coefficients, form=form, settings=settings, outside=outside):
                    return {"y": activation(x, coefficients, settings["bound"], "evenOdd", outside),
                            "penalty": FORMS[form](x, **settings),
                            "largest": x.detach().abs().amax(),
                            "outside": (x.abs() > settings["bound"]).sum()}
                yield case("polynomialWithPenalty", f"polynomialWithPenalty degree={degree} {outside} {form}", function,
                           {"x": grid(3, 7, step=3 / 16, span=6) + 1 / 16, "coefficients": coefficients_of(degree)},
                           attributes={"basis": "evenOdd", "degree": degree, "outside": outside, "form": form,
                                       **settings})


def cases():
    return [*penalties(), *together()]
