"""Does every company get its report? A hundred of varied seed, size, age and end, half of them with nothing planted.

Each is the sample company drawn anew: 300 to 12,000 customers, 12 to 60 months, an end in any month of three years, reported as of that
end or of a day in the middle of a month before it. Every notebook runs as in ``cxresearch report``. A report that could not be made is
told with its company and its fault, and ends the script with 1.

Usage: OMP_NUM_THREADS=1 .venv/bin/python tests/seeds/hundred_companies.py [COMPANIES] [FIRST]
"""

import datetime
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

import cxresearch as cx
from cxresearch.kernels.pool import KernelPool
from cxresearch.report.regenerate import run
from cxresearch.report.results import harvest
from cxresearch.sample import write

JOBS = 2


@dataclass(frozen=True)
class Company:
    """What one company of the hundred is like; drawn from its number."""

    number: int
    seed: int
    customers: int
    months: int
    end: datetime.date
    as_of: datetime.date
    is_null: bool

    @classmethod
    def numbered(cls, number):
        draw = np.random.default_rng([2026, number])
        month = int(draw.integers(0, 36))
        end = datetime.date(2024 + (month + 1) // 12, (month + 1) % 12 + 1, 1) - datetime.timedelta(days=1)
        back = int(draw.integers(1, 60)) if number % 3 == 0 else 0
        return cls(
            number,
            int(draw.integers(2**32)),
            int(300 * 40 ** draw.random()),
            int(draw.integers(12, 61)),
            end,
            end - datetime.timedelta(days=back),
            number % 2 == 1,
        )

    def __str__(self):
        planted = "nothing planted" if self.is_null else "effects planted"
        words = f"--seed {self.seed} --customers {self.customers} --months {self.months} --end {self.end}"
        return f"{self.number:>3} {words} as of {self.as_of}, {planted}"


def reported(company, pool, place):
    """The seconds of a company's report, how many estimates it holds, and the sections that it leaves out."""
    data, out = place / "data", place / "report"
    write(data, company.customers, company.is_null, company.months, company.seed, str(company.end))
    begun = time.perf_counter()
    run(cx.open(data), company.as_of, out, jobs=JOBS, pool=pool)
    seconds, estimates, left_out = time.perf_counter() - begun, 0, []
    import nbformat

    for path in sorted(out.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        estimates += len(harvest(book))
        left_out += [
            f"{path.stem[:2]} {cell.source.splitlines()[0].strip('# ')}"
            for cell in book.cells
            if cell.cell_type == "markdown" and "left-out" in cell.metadata.get("tags", [])
        ]
    return seconds, estimates, left_out


def main(companies=100, first=0):
    begun, faults, left_out, seconds = time.perf_counter(), [], Counter(), []
    with KernelPool(jobs=JOBS, say=print) as pool:
        for number in range(int(first), int(first) + int(companies)):
            company = Company.numbered(number)
            with tempfile.TemporaryDirectory() as folder:
                try:
                    took, estimates, absent = reported(company, pool, Path(folder))
                except Exception as fault:  # whatever it is, the others are tried too
                    faults.append(company)
                    print(f"{company}: {type(fault).__name__}: {fault}", flush=True)
                    continue
            seconds.append(took)
            left_out.update(absent)
            print(
                f"{company}: {estimates} estimates, {len(absent)} sections left out, {took:.0f} s", flush=True
            )
    print(
        f"{len(seconds)} of {companies} companies have their report, {time.perf_counter() - begun:.0f} s; "
        f"a report {np.median(seconds):.0f} s (median), {max(seconds):.0f} s at most"
    )
    for section, times in left_out.most_common():
        print(f"  left out in {times:3d}: {section}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main(*sys.argv[1:])
