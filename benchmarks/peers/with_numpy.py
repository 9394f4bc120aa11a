"""NumPy, in place where that is faster; gradients written by hand."""
import numpy
from choose_kernels import openblas_core
from participant import (
    CannotError,
    adam_inputs,
    batch_norm_inputs,
    convolution_inputs,
    matmul_inputs,
    polynomial_inputs,
    serve,
)


def horner(coefficients, s):
    if len(coefficients) == 1:
        return coefficients[0]
    y = s * coefficients[-1]
    y += coefficients[-2]
    for c in coefficients[-3::-1]:
        y *= s
        y += c
    return y


def sums_of_powers(terms, s, weights):
    """The sums of weights * s^k for all k < terms."""
    power = weights.copy()
    sums = []
    for k in range(terms):
        if k > 0:
            power *= s
        sums.append(power.sum(dtype=numpy.float32))
    return sums


def derivative(coefficients):
    return coefficients[1:] * numpy.arange(1, len(coefficients), dtype=numpy.float32)


def even_odd(work):
    x, gradient = polynomial_inputs(work)
    bound = numpy.float32(work["bound"])
    coefficients = numpy.array(work["coefficients"], dtype=numpy.float32)
    even, odd = coefficients[: work["evenTerms"]], coefficients[work["evenTerms"] :]
    # p' = (Q(s) + t P(s)) / B with P = 4 E' and Q = O + 2 (s + 1) O', as polynomials in s.
    slope_of_odd = numpy.polynomial.polynomial.polymul([2, 2], derivative(odd)) if len(odd) > 1 else [0]
    q = numpy.polynomial.polynomial.polyadd(odd, slope_of_odd).astype(numpy.float32)
    p = (4 * derivative(even)).astype(numpy.float32)

    def variables():
        t = x * (1 / bound)
        s = t * t
        s *= 2
        s -= 1
        return t, s

    def join(first, second, t, s):
        y = horner(second, s)
        y *= t
        y += horner(first, s)
        return y

    def forward():
        return [join(even, odd, *variables())]

    def backward():
        t, s = variables()
        slope = join(q, p, t, s)
        slope *= gradient
        slope *= 1 / bound
        sums = sums_of_powers(len(even), s, gradient) + sums_of_powers(len(odd), s, gradient * t)
        return [slope, numpy.array(sums)]

    return forward, backward


def powers(work):
    x, gradient = polynomial_inputs(work)
    bound = numpy.float32(work["bound"])
    coefficients = numpy.array(work["coefficients"], dtype=numpy.float32)
    slopes = derivative(coefficients)

    def value(t):
        if work["form"] == "horner":
            return horner(coefficients, t)
        return sum(c * t**k for k, c in enumerate(coefficients))

    def forward():
        return [value(x * (1 / bound))]

    def backward():
        t = x * (1 / bound)
        slope = horner(slopes, t)
        slope *= gradient
        slope *= 1 / bound
        return [slope, numpy.array(sums_of_powers(len(coefficients), t, gradient))]

    return forward, backward


def polynomial(work):
    forward, backward = even_odd(work) if work["form"] == "even-odd" else powers(work)
    return forward if work["direction"] == "forward" else lambda: forward() + backward()


def matmul(work):
    a, b = matmul_inputs(work)
    return lambda: [a @ b]


def convolution(work):
    """As a product of matrices: patches [N,OH,OW,C,K,K] by weights."""
    x, weight, gradient = convolution_inputs(work)
    kernel, stride = work["kernel"], work["stride"]
    padding = kernel // 2
    width = ((0, 0), (0, 0), (padding, padding), (padding, padding))

    def patches():
        windows = numpy.lib.stride_tricks.sliding_window_view(numpy.pad(x, width), (kernel, kernel), axis=(2, 3))
        return windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)

    def forward(columns):
        product = numpy.tensordot(columns, weight, axes=((3, 4, 5), (1, 2, 3)))
        return numpy.ascontiguousarray(product.transpose(0, 3, 1, 2))

    def run():
        return [forward(patches())]

    def with_gradients():
        columns = patches()
        output = forward(columns)
        weight_gradient = numpy.tensordot(gradient, columns, axes=((0, 2, 3), (0, 1, 2)))
        spread = numpy.tensordot(gradient, weight, axes=((1,), (0,)))
        padded = numpy.pad(numpy.zeros_like(x), width)
        rows, cols = gradient.shape[2:]
        for i in range(kernel):
            for j in range(kernel):
                part = spread[:, :, :, :, i, j].transpose(0, 3, 1, 2)
                padded[:, :, i : i + stride * rows : stride, j : j + stride * cols : stride] += part
        size = work["size"]
        return [output, padded[:, :, padding : padding + size, padding : padding + size], weight_gradient]

    return run if work["direction"] == "forward" else with_gradients


def batch_norm(work):
    x, gamma, beta, gradient = batch_norm_inputs(work)
    axes = (0, 2, 3)
    count = numpy.float32(x.size / x.shape[1])

    def column(values):
        return values.reshape(1, -1, 1, 1)

    def forward():
        mean = x.mean(axes)
        inverse = 1 / numpy.sqrt(x.var(axes) + numpy.float32(1e-5))
        output = x * column(gamma * inverse)
        output += column(beta - mean * gamma * inverse)
        return output, mean, inverse

    def with_gradients():
        output, mean, inverse = forward()
        normalized = x - column(mean)
        normalized *= column(inverse)
        beta_gradient = gradient.sum(axes)
        gamma_gradient = (gradient * normalized).sum(axes)
        normalized *= column(-gamma_gradient / count)
        normalized += gradient
        normalized -= column(beta_gradient / count)
        normalized *= column(gamma * inverse)
        return [output, normalized, gamma_gradient, beta_gradient]

    return (lambda: [forward()[0]]) if work["direction"] == "forward" else with_gradients


def adamw(work):
    parameter, gradient = adam_inputs(work)
    moment1, moment2 = numpy.zeros_like(parameter), numpy.zeros_like(parameter)
    scratch, steps = numpy.empty_like(parameter), numpy.empty_like(parameter)
    count = 0

    def step():
        nonlocal count
        count += 1
        f = numpy.float32
        numpy.multiply(moment1, f(0.9), out=moment1)
        numpy.multiply(gradient, f(0.1), out=scratch)
        numpy.add(moment1, scratch, out=moment1)
        numpy.multiply(moment2, f(0.999), out=moment2)
        numpy.multiply(gradient, gradient, out=scratch)
        numpy.multiply(scratch, f(0.001), out=scratch)
        numpy.add(moment2, scratch, out=moment2)
        numpy.multiply(parameter, f(1 - 1e-3 * 0.01), out=parameter)
        numpy.sqrt(moment2, out=scratch)
        numpy.multiply(scratch, f((1 - 0.999**count) ** -0.5), out=scratch)
        numpy.add(scratch, f(1e-8), out=scratch)
        numpy.divide(moment1, scratch, out=steps)
        numpy.multiply(steps, f(1e-3 / (1 - 0.9**count)), out=steps)
        numpy.subtract(parameter, steps, out=parameter)
        return [parameter]

    return step


WORK = {
    "polynomial": polynomial,
    "matmul": matmul,
    "convolution": convolution,
    "batch norm": batch_norm,
    "adamw": adamw,
}


def prepare(work):
    if work["kind"] not in WORK:
        raise CannotError("NumPy does not differentiate")
    return WORK[work["kind"]](work)


CORE = openblas_core()
serve(f"{numpy.__version__} with OpenBLAS for {CORE}" if CORE else numpy.__version__, prepare)
