"""
Make the golden files: values and gradients of operators, layers, losses, optimizers and schedulers by PyTorch.

    /usr/bin/python3 test/golden/generate.py [family ...]      without names: all families

Every family starts from its own fixed seed, so that a change in one leaves the files of the others alone.
The format is described in README.md.
"""

import importlib
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import torch  # noqa: E402  (after the line above, so that no __pycache__ appears beside the sources)

from format import write  # noqa: E402

FAMILIES = sorted(file.stem for file in (Path(__file__).parent / "families").glob("*.py"))


def main(families):
    folder = Path(__file__).parent
    torch.set_num_threads(1)
    for family in families:
        torch.manual_seed(20250516)
        cases = importlib.import_module(f"families.{family}").cases()
        write(folder / f"{family}.json", cases)
        print(f"{family}: {len(cases)} cases, {(folder / f'{family}.json').stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:] or FAMILIES)
