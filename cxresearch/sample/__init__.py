"""Northgate Supplies, the sample company: contract tables with a known truth behind them.

>>> from cxresearch.sample import write
>>> import json, pathlib, tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     rows = write(folder, customers=600, tables=["projects"])
...     truth = json.loads((pathlib.Path(folder) / "truth.json").read_text(encoding="utf-8"))
>>> rows, truth["oracle"]["projects.has_sponsor"]["value"]
({'projects': 6}, -0.9)

The codebook is in ``README.md`` beside this file; what is planted is in :mod:`cxresearch.sample.parameters`.
"""

from importlib import import_module

__all__ = ["END", "SEED", "TABLES", "add_arguments", "main", "write"]

SEED = 20260930
END = "2026-09-30"


def __getattr__(name):
    if name in ("TABLES", "write"):  # numpy and pyarrow are loaded when first needed
        return getattr(import_module("cxresearch.sample.company"), name)
    raise AttributeError(f"module 'cxresearch.sample' has no attribute {name!r}")


def add_arguments(parser):
    """Declare the arguments of ``cxresearch sample``."""
    parser.add_argument("out", help="folder to write to, for example data/northgate")
    parser.add_argument(
        "--customers", type=int, metavar="N", help="contract and shop customers together (default 12,000)"
    )
    parser.add_argument(
        "--null", action="store_true", help="plant no effect at all, to test for false alarms"
    )
    parser.add_argument(
        "--acquisition-stops",
        metavar="MONTH",
        help="from this month on (such as 2026-04) the shop wins no customer, which page 00 must find",
    )
    parser.add_argument("--months", type=int, default=36, metavar="M", help="calendar months (default 36)")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"default {SEED}")
    parser.add_argument(
        "--end", default=END, metavar="DATE", help=f"last day of the last month (default {END})"
    )
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")


def main(args):
    """Write the sample that the parsed ``args`` ask for and print the rows of each table; returns 0."""
    from cxresearch.sample.company import write

    rows = write(
        args.out,
        args.customers,
        args.null,
        args.months,
        args.seed,
        args.end,
        args.format,
        acquisition_stops=args.acquisition_stops,
    )
    for name, count in rows.items():
        print(f"{count:>12,}  {name}")
    print(f"{args.out}: what is planted is in truth.json")
    return 0
