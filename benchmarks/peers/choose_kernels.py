"""Finds out by which kernels NumPy or PyTorch would compute here, and by which they are fastest.

Libraries choose kernels by the model of the processor or by what they know of its kind; one that does not know it may fall
back to kernels of twenty years ago, which would be an unfair peer. So what the processor can do is tried.

Usage: choose_kernels.py numpy|torch
Prints {"environment": {...}, "remarks": [...]}: the variables to start the library with, and how it computes then.
"""
import ctypes
import json
import os
import subprocess
import sys
import time

# Another choice than the library's own has to be so much faster: timings vary.
MARGIN = 1.1
REPETITIONS = 15
SIZE = 512

# Kernels of OpenBLAS for processors with the same instructions differ, too.
CORES = (
    ({"avx512f", "avx512bw", "avx512vl", "avx512_bf16", "amx_tile"}, ("SapphireRapids", "Cooperlake", "SkylakeX")),
    ({"avx512f", "avx512bw", "avx512vl", "avx512_bf16"}, ("Cooperlake", "SkylakeX")),
    ({"avx512f", "avx512bw", "avx512vl"}, ("SkylakeX",)),
    ({"avx2", "fma"}, ("Haswell", "Zen")),
    ({"avx"}, ("Sandybridge",)),
)
PREFIXES = ("", "scipy_")
SUFFIXES = ("", "64_")


def processor_flags():
    try:
        with open("/proc/cpuinfo", encoding="utf8") as lines:
            return set(next((line for line in lines if line.startswith("flags")), "").split())
    except OSError:
        return set()


def fastest(duration):
    """The shortest of many durations: what disturbs them only makes them longer."""
    duration()
    return min(duration() for _ in range(REPETITIONS))


def timed(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def run_variant(arguments, variables):
    """What this program prints when it is called so, or None."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def openblas_file():
    """The OpenBLAS of this process, or None."""
    try:
        with open("/proc/self/maps", encoding="utf8") as maps:
            files = {line.split(maxsplit=5)[5].strip() for line in maps if "openblas" in line}
    except OSError:
        return None
    return next(iter(sorted(file for file in files if symbols(ctypes.CDLL(file)))), None)


def symbols(library):
    """The functions of OpenBLAS, whose names have other beginnings and ends in the one that NumPy brings."""
    for prefix in PREFIXES:
        for suffix in SUFFIXES:
            name = getattr(library, f"{prefix}openblas_get_corename{suffix}", None)
            product = getattr(library, f"{prefix}cblas_sgemm{suffix}", None)
            if name is not None and product is not None:
                name.restype = ctypes.c_char_p
                return name, product, ctypes.c_int64 if suffix else ctypes.c_int
    return None


def openblas_core():
    """The core for which this process multiplies matrices; None without OpenBLAS."""
    file = openblas_file()
    return symbols(ctypes.CDLL(file))[0]().decode() if file else None


def time_openblas(file):
    """By which core it computes, and how long one product of matrices takes."""
    name, product, integer = symbols(ctypes.CDLL(file))
    matrices = [(ctypes.c_float * (SIZE * SIZE))(*[0.5] * (SIZE * SIZE)) for _ in range(3)]
    size, row_major, plain, one = integer(SIZE), 101, 111, ctypes.c_float(1)
    a, b, c = matrices
    arguments = (row_major, plain, plain, size, size, size, one, a, size, b, size, ctypes.c_float(0), c, size)
    return {"core": name().decode(), "seconds": fastest(lambda: timed(lambda: product(*arguments)))}


def chosen_by(variable):
    return f"which {variable} names" if variable in os.environ else "its own choice"


def choose_openblas(flags):
    file = openblas_file()
    if file is None:
        return {}, []
    own = run_variant(["openblas", file], {})
    if own is None:
        return {}, ["OpenBLAS cannot be asked for its core"]
    reason = chosen_by("OPENBLAS_CORETYPE")
    cores = next((names for needed, names in CORES if needed <= flags), ())
    tried = [(core, run_variant(["openblas", file], {"OPENBLAS_CORETYPE": core})) for core in cores]
    # A version that does not know a core takes another one in its place.
    others = [(core, result["seconds"]) for core, result in tried if result and result["core"] == core != own["core"]]
    core, seconds = min(others, key=lambda each: each[1], default=(own["core"], own["seconds"]))
    gain = own["seconds"] / seconds
    if gain < MARGIN:
        return {}, [f"OpenBLAS as {own['core']}, {reason}"]
    return {"OPENBLAS_CORETYPE": core}, [f"OpenBLAS as {core}, {gain:.2g} times as fast as {own['core']}, {reason}"]


def time_elementwise():
    """By which instructions PyTorch computes elementwise, and how long a sample of that takes."""
    import torch

    x = torch.linspace(-2, 2, 2**18)

    def sample():
        torch.exp(x).mul_(x).add_(0.5).mul_(x).add_(0.25)

    show = torch.__config__.show()
    used = next((line.split(": ")[1] for line in show.splitlines() if "CPU capability usage" in line), "unknown kernels")
    return {"capability": used, "seconds": fastest(lambda: timed(sample))}


def choose_elementwise(flags):
    own = run_variant(["elementwise"], {})
    if own is None:
        return {}, []
    reason = chosen_by("ATEN_CPU_CAPABILITY")
    if own["capability"] != "AVX512" and {"avx512f", "avx512dq", "avx512bw", "avx512vl"} <= flags:
        wide = {"ATEN_CPU_CAPABILITY": "avx512"}
        other = run_variant(["elementwise"], wide)
        gain = own["seconds"] / other["seconds"] if other else 0
        if gain >= MARGIN:
            used = other["capability"]
            return wide, [f"elementwise by {used}, {gain:.2g} times as fast as {own['capability']}, {reason}"]
    return {}, [f"elementwise by {own['capability']}, {reason}"]


def onednn_remarks():
    """oneDNN asks the processor itself; what it says then is told."""
    program = "import torch; torch.conv2d(torch.ones(4, 16, 32, 32), torch.ones(16, 16, 3, 3))"
    variables = {**os.environ, "DNNL_VERBOSE": "1", "ONEDNN_VERBOSE": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=False)
    line = next((each for each in done.stdout.splitlines() if ",cpu,isa:" in each), None)
    if line is None:
        return ["oneDNN is not used for convolutions"]
    limits = [name for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA") if name in os.environ]
    return [f"oneDNN by {line.split('isa:')[1]}" + (f", limited by {limits[0]}" if limits else ", its own choice")]


def choose(module):
    flags = processor_flags()
    if module == "numpy":
        import numpy  # noqa: F401, to see which BLAS comes with it

        environment, remarks = choose_openblas(flags)
        disabled = os.environ.get("NPY_DISABLE_CPU_FEATURES")
        return {
            "environment": environment,
            "remarks": remarks + ([f"without {disabled}, as NPY_DISABLE_CPU_FEATURES says"] if disabled else []),
        }
    import torch

    torch.ones(2, 2) @ torch.ones(2, 2)
    environment, remarks = choose_openblas(flags)
    elementwise, more = choose_elementwise(flags)
    return {"environment": {**environment, **elementwise}, "remarks": remarks + more + onednn_remarks()}


if __name__ == "__main__":
    TASKS = {
        "openblas": lambda: time_openblas(sys.argv[2]),
        "elementwise": time_elementwise,
        "numpy": lambda: choose("numpy"),
        "torch": lambda: choose("torch"),
    }
    print(json.dumps(TASKS[sys.argv[1]]()))
