"""Write the sample company at a size that holds ten million orders, in a process of its own.

    python benchmarks/bench_sample.py [--customers 5920000] [--tables orders] [--format csv]

Prints seconds (interpreter start and imports included), rows, megabytes on disk, and the peak resident set.
"""

import argparse
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

LIMIT_SECONDS, LIMIT_GIB = 60.0, 2.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=5_920_000)
    parser.add_argument("--tables", nargs="*", help="default: all")
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    args = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pyarrow"))
    print(f"{platform.machine()}, {_cpu()}; Python {platform.python_version()}, {versions}")
    for customers, tables, label in (
        (12_000, None, "default company"),
        (args.customers, args.tables, f"{args.customers:,} customers"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            call = f"write({folder!r}, {customers}, tables={tables!r}, format={args.format!r})"
            began = time.perf_counter()
            child = subprocess.run(
                [sys.executable, "-c", f"from cxresearch.sample import write\nprint({call})"],
                check=True,
                capture_output=True,
                text=True,
            )
            seconds = time.perf_counter() - began
            size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        print(f"{label}: {seconds:.1f} s, peak {peak:.2f} GiB, {size:,.0f} MB\n  {child.stdout.strip()}")
    within = seconds < LIMIT_SECONDS and peak < LIMIT_GIB
    print(f"under {LIMIT_SECONDS:.0f} s and {LIMIT_GIB:.0f} GiB: {'yes' if within else 'no'}")
    return 0 if within else 1


def _cpu():
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main())
