"""The command line: what ``cxresearch report``, ``backfill``, ``check``, ``init``, ``decide``, ``readiness``, ``sample`` and ``lab`` do."""

import os
import signal
import sys
from pathlib import Path

from cxresearch.environment import SOURCE
from cxresearch.files import sweep, tidy
from cxresearch.options import parser


def main(arguments=None):
    """Run one command; returns its exit code: 0 done, 1 a notebook failed, 2 the input cannot be used, 3 on hold (``--fail-on-hold``)."""
    given, further = parser().parse_known_args(arguments)
    if further and given.command != "lab":
        parser().error(f"unrecognized arguments: {' '.join(further)}")
    if getattr(given, "allow_source", None):
        os.environ[SOURCE] = given.allow_source  # notebooks open the same workspace
    try:
        calls = {"report": _report, "backfill": _backfill, "check": _check, "decide": _decide}
        calls |= {"init": _init}
        calls |= {"readiness": _readiness, "sample": _sample, "lab": _lab}
        return calls[given.command](given, further)
    except BrokenPipeError:  # whoever read what is printed has read enough
        _close(sys.stdout)
        return 141
    except Exception as fault:  # the one place where whatever is left becomes a line
        from cxresearch.faults import told
        from cxresearch.report.cache import KEPT

        out = getattr(given, "out", None)
        line = told(fault, Path(out, KEPT) if out and given.command != "sample" else None)
        _fault(given, line, 2)
        return 2
    except KeyboardInterrupt as fault:
        _fault(given, f"interrupted; {_published(fault)}", 130)
        return 130


def _fault(given, line, code):
    """Say on standard error what went wrong, as the command's log is written."""
    if getattr(given, "log", "text") == "json":
        from cxresearch.report.progress import as_json, event

        print(as_json(event("error", line, exit_code=code)), file=sys.stderr)
    else:
        print(f"cxresearch: {line}", file=sys.stderr)


def _published(fault):
    """What an interruption left behind: it may come when everything is in its place."""
    place = getattr(fault, "published", None)
    return f"{place} is whole and new" if place else "nothing was published"


def _report(given, _):
    from cxresearch.report.parameters import as_date
    from cxresearch.report.period import Period

    if given.as_of:
        as_of = as_date(given.as_of)
        return _run(given, lambda workspace: [(str(as_of), as_of)])
    Period.named(given.period)

    def one(workspace):
        period = Period.named(given.period, workspace.mapping.fiscal_year_starts, workspace.today())
        return [(str(period), period.end)]

    return _run(given, one)


def _backfill(given, _):
    from cxresearch.errors import ParameterError
    from cxresearch.report.period import Period

    def several(workspace):
        starts, today = workspace.mapping.fiscal_year_starts, workspace.today()
        first, last = (Period.named(text, starts, today) for text in (given.first, given.last))
        periods = first.until(last)
        if not periods:
            raise ParameterError(f"--from {first} --to {last}: the first quarter is later than the last")
        return [(str(period), period.end) for period in periods]

    return _run(given, several)


def _run(given, periods):
    """Write the report of each period; stops at the first that fails.

    `periods` takes the workspace, whose fiscal year and clock count, and returns names and last days.
    """
    from cxresearch.errors import ParameterError
    from cxresearch.kernels.pool import KernelPool
    from cxresearch.report.cache import KEPT
    from cxresearch.report.parameters import settings
    from cxresearch.report.progress import as_json, event

    def say(line):
        """Print a line of progress; whoever reads it may stop reading, and the report is made all the same."""
        try:
            print(as_json(line) if given.log == "json" else line, flush=True)
        except BrokenPipeError:
            _close(sys.stdout)

    chosen = settings(given.set)
    if given.jobs < 1:
        raise ParameterError(f"--jobs {given.jobs}: at least one notebook must run at a time")
    # Where nothing is kept something will be executed, and what notebooks import is imported while the data are opened and checked.
    is_fit = True
    is_new = given.force or not (Path(given.out) / KEPT).exists()
    with KernelPool(jobs=given.jobs, say=say, early=is_new) as pool:
        from cxresearch.report.part import chosen as part_of
        from cxresearch.report.part import folder as folder_of
        from cxresearch.report.regenerate import RunError, run
        from cxresearch.workspace import open

        workspace = part_of(open(given.data), given.where)
        where = {part.column: part.values for part in workspace.parts}
        for name, as_of in periods(workspace):
            try:
                folder = run(
                    workspace,
                    as_of=as_of,
                    out=Path(given.out) / folder_of(name, where),
                    period=name,
                    settings=chosen,
                    only=given.only,
                    by=given.by,
                    jobs=given.jobs,
                    force=given.force,
                    pdf=given.pdf,
                    slides=given.slides,
                    say=say,
                    pool=pool,
                )
            except RunError as fault:
                _fault(given, str(fault), 1)
                return 1
            verdict = _verdict(folder)
            kind = verdict["kind"] if verdict else None
            said = (
                verdict["text"] if verdict else "No verdict: the page on data quality is not in this report"
            )
            say(event("verdict", said, period=name, verdict=kind))
            for reason in verdict["reasons"] if verdict else ():
                say(event("reason", f"  {reason}", period=name))
            is_fit = is_fit and verdict is not None and verdict["kind"] != "hold"
            say(event("published", folder / "index.html", period=name, page=str(folder / "index.html")))
    return 3 if given.fail_on_hold and not is_fit else 0


def _verdict(folder):
    """Whether a report is fit to publish, as its pages say it; None where it says nothing."""
    import json

    from cxresearch.files import text_of
    from cxresearch.report.verdicts import line

    return line(json.loads(text_of(folder / "results.json"))["verdict"])


def _check(given, _):
    import json

    from cxresearch.report.parameters import as_date
    from cxresearch.workspace import open

    if given.suggest:
        from cxresearch.suggest import suggest, write

        print(write(given.data) if given.write else suggest(given.data), end="\n" * given.write)
        return 0
    if given.write:
        from cxresearch.errors import ParameterError

        raise ParameterError("--write: it writes the draft of --suggest; give both")
    as_of = as_date(given.as_of) if given.as_of else None
    workspace = open(given.data)
    check = workspace.check(as_of or workspace.today())
    if given.json:
        content = {
            "workspace": workspace.source,
            "ok": check.ok,
            "rows": check.rows,
            "refused": check.refused,
            "not_read": check.unread,
        }
        content["problems"] = json.loads(check.problems.to_json(orient="records"))
        print(json.dumps(content, indent=1))
    else:
        print(check.text())
    if given.quarantine:
        from cxresearch.checks.quarantine import quarantine

        counts = quarantine(workspace, check, given.quarantine)
        print(counts.to_string(index=False), file=sys.stderr if given.json else sys.stdout)
    return 0 if check.ok else 1


def _init(given, _):
    from cxresearch.errors import DataError, ParameterError
    from cxresearch.suggest import FILE, written
    from cxresearch.suggest.interview import Interview

    if Path(given.data, FILE).exists() and not given.list:
        raise DataError(f"{Path(given.data, FILE)}: is there already and stays as it is")
    wrong = [text for text in given.answer if "=" not in text]
    if wrong:
        raise ParameterError(f"--answer {wrong[0]}: write an answer as currency=EUR")
    interview = Interview(given.data)
    if given.list:
        for question in interview.questions:
            print(f"{question.key}: {question.text}")
        return 0
    interview.ask(dict(text.split("=", 1) for text in given.answer), is_silent=given.yes)
    print(f"{written(given.data, interview.text())}: now cxresearch check {given.data}")
    return 0


def _decide(given, _):
    import datetime

    from cxresearch.report import decisions

    fields = {name: getattr(given, name) for name in ("what", "owner", "metric", "touches")}
    day = given.decided or datetime.date.today()
    made = decisions.add(given.data, decided_on=day, due_on=given.due, expected=given.expect, **fields)
    print(f"{Path(given.data, decisions.FILE)}: {made.id}, due {made.due_on}")
    return 0


def _readiness(given, _):
    from cxresearch.errors import ParameterError
    from cxresearch.report import assessment

    if given.page:
        place = Path(given.page)
        try:
            with place.open("x", encoding="utf-8") as file:
                file.write(assessment.page())
        except FileExistsError:
            raise ParameterError(f"--page {place}: the file is there already; name another") from None
        except OSError as fault:
            raise ParameterError(f"--page {place}: {fault.strerror}") from None
        print(place)
        return 0
    wrong = [text for text in given.answer if "=" not in text]
    if wrong:
        raise ParameterError(f"--answer {wrong[0]}: write an answer as people_1=3")
    answers = assessment.ask(dict(text.split("=", 1) for text in given.answer))
    whom = {"respondent": given.respondent, "role": given.role, "assessed_on": given.on}
    path = assessment.add(given.data, answers, given.organisation, given.year, **whom)
    print(f"{path}: {len(answers)} answers kept")
    return 0


def _sample(given, _):
    from cxresearch.sample import main

    return main(given) or 0


def _lab(given, further):
    import subprocess

    from cxresearch.report.lab import copies
    from cxresearch.report.regenerate import notebooks

    folder = notebooks()[0].parent
    if given.folder or given.data or given.copy_only or folder.name == "_notebooks":
        place = Path(given.folder or "cxresearch-notebooks")
        made = copies(place, given.data)
        print(f"{place}: {len(made)} notebooks copied; what was there stays as it is", flush=True)
        folder = place.resolve()
    if given.copy_only:
        return 0
    where = [f"--ServerApp.root_dir={folder.parent}", f"--LabApp.default_url=/lab/tree/{folder.name}"]
    return subprocess.run([sys.executable, "-m", "jupyterlab", *where, *further]).returncode


def _close(stream):
    """Send what is still to be printed nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _occupy():
    """Open what the caller closed of standard input, output and error to nowhere: another file would get its number and be taken for it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free


def entry():
    """The console command. It leaves without tearing the interpreter down, at which DuckDB would print its open handles."""
    _occupy()
    streams = [s for s in (sys.stdout, sys.stderr) if s is not None]  # None: closed by the caller
    for stream in streams:
        stream.reconfigure(errors="backslashreplace")  # a terminal may not know every letter of the data
    # asked to end, or its terminal is closed: it tidies up as after Ctrl-C
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    sweep()
    code = main()
    tidy()
    for stream in streams:
        try:
            stream.flush()
        except OSError as fault:
            if not isinstance(fault, BrokenPipeError) and stream is sys.stdout:
                print(f"cxresearch: cannot write the output: {fault.strerror}", file=sys.stderr)
            code = code or 2
    os._exit(code)
