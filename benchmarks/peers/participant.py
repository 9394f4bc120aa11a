"""The protocol of a participant (see benchmarks/protocol.ts) and the inputs (see benchmarks/inputs.ts) in Python."""
import json
import sys
import time

import numpy

SAMPLES = 64


class CannotError(Exception):
    """Says in words why a participant cannot do some work."""


def uniform(count, seed, low=-1.0, high=1.0):
    """Element i is the hash of i + seed * 2^24: MurmurHash3's finalizer."""
    numbers = numpy.arange(count, dtype=numpy.uint32) + numpy.uint32(seed * 2**24 % 2**32)
    numbers = (numbers ^ (numbers >> numpy.uint32(16))) * numpy.uint32(0x85EBCA6B)
    numbers = (numbers ^ (numbers >> numpy.uint32(13))) * numpy.uint32(0xC2B2AE35)
    numbers ^= numbers >> numpy.uint32(16)
    return (low + (high - low) * (numbers / 2**32)).astype(numpy.float32)


def tensor(shape, seed, low=-1.0, high=1.0):
    return uniform(int(numpy.prod(shape)), seed, low, high).reshape(shape)


def polynomial_inputs(work):
    """x and the gradient of the result."""
    reach = 0.5 * work["bound"] if work["kind"] == "polynomial" else work["reach"]
    return tensor([work["count"]], 1, -reach, reach), tensor([work["count"]], 2, 0, 1)


def matmul_inputs(work):
    return tensor([work["size"]] * 2, 1), tensor([work["size"]] * 2, 2)


def convolution_inputs(work):
    """x, weight and the gradient of the result."""
    batch, inputs, outputs = work["batch"], work["inChannels"], work["outChannels"]
    size, kernel = work["size"], work["kernel"]
    out_size = -(-size // work["stride"])
    return (
        tensor([batch, inputs, size, size], 1),
        tensor([outputs, inputs, kernel, kernel], 2),
        tensor([batch, outputs, out_size, out_size], 3),
    )


def batch_norm_inputs(work):
    """x, gamma, beta and the gradient of the result."""
    shape = work["shape"]
    return tensor(shape, 1), tensor(shape[1:2], 2), tensor(shape[1:2], 3), tensor(shape, 4)


def adam_inputs(work):
    """The parameter and its gradient."""
    return tensor([work["count"]], 1), tensor([work["count"]], 2)


def check(output):
    values = numpy.asarray(output, dtype=numpy.float64).ravel()
    count = min(SAMPLES, values.size)
    samples = values[numpy.arange(count) * values.size // count]
    return {
        "size": values.size,
        "samples": samples.tolist(),
        "magnitude": float(numpy.sqrt(numpy.mean(values * values))),
    }


def _durations(run, repetitions):
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return seconds


def serve(version, prepare):
    """Answers requests until there are no more. `prepare(work)` gives a function that does the work once and returns all
    that came out, as arrays; or that function and another one that gives what is to be compared."""
    out = sys.stdout
    # Standard output belongs to the protocol, whatever a library may print.
    sys.stdout = sys.stderr

    def say(line):
        out.write(json.dumps(line) + "\n")
        out.flush()

    say({"version": version})
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "prepare" in request:
                run = None
                if request["prepare"]["kind"].startswith("encrypted"):
                    raise CannotError("it does not compute on ciphertexts")
                prepared = prepare(request["prepare"])
                run, outputs = prepared if isinstance(prepared, tuple) else (prepared, prepared)
                start = time.perf_counter()
                results = outputs()
                seconds = time.perf_counter() - start
                say({"seconds": seconds, "checks": [check(result) for result in results]})
            elif "repeat" in request:
                say({"seconds": _durations(run, request["repeat"])})
            else:
                say({"cannot": "it does not measure the machine"})
        except CannotError as error:
            say({"cannot": str(error)})
        except Exception as error:  # pylint: disable=broad-except
            say({"error": f"{type(error).__name__}: {error}"})
