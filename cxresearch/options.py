"""The commands of the command line and their options, with the texts of ``--help``."""

import argparse

from cxresearch.sample import add_arguments
from cxresearch.version import __version__

EXIT_CODES = {  # in the order of the page on schedules, which lists them
    0: "done",
    1: "a notebook failed, or `check` found problems; the earlier report stays",
    2: "the input cannot be used: data, mapping, options, a folder that cannot be written; nothing was published",
    3: "with `--fail-on-hold`: the report is on hold, or has no verdict on its data",
    130: "interrupted, or asked to end; nothing was published unless the message says so",
    141: "whoever read the output stopped reading",
}


def parser():
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="cxresearch",
        epilog="Exit codes: "
        + "; ".join(f"{code} {text.partition(';')[0]}" for code, text in EXIT_CODES.items())
        + ".",
        description="Customer research with evidence: a quarterly report from a folder of tables.",
    )
    top.add_argument("--version", action="version", version=f"cxresearch {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    report = commands.add_parser(
        "report",
        help="create a period's report",
        description="Create a period's report in OUT/PERIOD/.",
    )
    report.add_argument("--data", required=True, metavar="DIR", help="folder of the tables")
    when = report.add_mutually_exclusive_group(required=True)
    when.add_argument(
        "--period",
        metavar="QUARTER",
        help="for example 2026Q3, in the workspace's fiscal year; or last, the last full quarter before today",
    )
    when.add_argument("--as-of", metavar="DATE", help="the last day to include, for example 2026-08-31")
    _add_run(report)
    backfill = commands.add_parser(
        "backfill",
        help="create the reports of earlier periods",
        description="Create the reports of several quarters in order, each using only data known at quarter-end.",
    )
    backfill.add_argument("--data", required=True, metavar="DIR", help="folder of the tables")
    backfill.add_argument(
        "--from", required=True, dest="first", metavar="QUARTER", help="the first quarter, for example 2025Q1"
    )
    backfill.add_argument(
        "--to",
        required=True,
        dest="last",
        metavar="QUARTER",
        help="the last quarter, for example 2026Q3, or last",
    )
    _add_run(backfill)
    check = commands.add_parser(
        "check",
        help="report what is wrong with the data, row by row",
        description="Check a workspace against the contract. Exit code 0: clean; 1: problems; 2: cannot be used.",
    )
    check.add_argument("data", metavar="DIR", help="folder of the tables, a DuckDB file or a database URL")
    check.add_argument("--as-of", metavar="DATE", help="later dates are errors (default: today)")
    check.add_argument("--json", action="store_true", help="print the problems as JSON")
    check.add_argument(
        "--quarantine",
        metavar="OUT",
        help="write the clean tables to OUT, and the rejected rows next to them",
    )
    check.add_argument(
        "--suggest", action="store_true", help="print a draft of cxresearch.toml for these files"
    )
    check.add_argument(
        "--write",
        action="store_true",
        help="with --suggest: write the draft to DIR/cxresearch.toml, unless there is one",
    )
    _add_source(check)
    init = commands.add_parser(
        "init",
        help="write cxresearch.toml, asking what the files do not say",
        description="Draft cxresearch.toml for the files of DIR, ask what the draft could not know, each question with three values, and write it. "
        "It never overwrites one.",
    )
    init.add_argument("data", metavar="DIR", help="folder of the tables")
    init.add_argument(
        "--answer",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an answer: company, timezone, fiscal_year_starts, currency, margin, leaving, targets, or TABLE.COLUMN, for example "
        "snapshots.has_left=Yes; may be repeated, and what is not given is asked",
    )
    init.add_argument("--yes", action="store_true", help="ask nothing: what is not given stays as drafted")
    init.add_argument(
        "--list", action="store_true", help="print the questions with their keys, and write nothing"
    )
    decide = commands.add_parser(
        "decide",
        help="note a decision, so that later reports tell what became of it",
        description="Append a decision to DIR/decisions.csv. Once it is due, the board page holds what it was to move against what happened.",
    )
    decide.add_argument("data", metavar="DIR", help="folder of the tables")
    decide.add_argument("--what", required=True, metavar="TEXT", help="what was decided, in a phrase")
    decide.add_argument("--due", required=True, metavar="DATE", help="from when on its effect is looked at")
    decide.add_argument("--decided", metavar="DATE", help="when it was decided (default: today)")
    decide.add_argument("--owner", metavar="NAME", help="the department or person who sees to it")
    decide.add_argument(
        "--metric", metavar="NAME", help="the number it is to move: its id in results.json, or its name"
    )
    decide.add_argument(
        "--expect", metavar="CHANGE", help="by how much that number is to change, for example 0.5 or -0.02"
    )
    decide.add_argument(
        "--touches", metavar="WHOM", help="for example department=Billing; the others are held against it"
    )
    readiness = commands.add_parser(
        "readiness",
        help="answer the twelve questions of the readiness assessment",
        description="Ask the twelve questions and append the answers to DIR/readiness_answers.csv, for the page on processes and readiness.",
    )
    readiness.add_argument("data", metavar="DIR", help="folder of the tables")
    readiness.add_argument(
        "--answer",
        action="append",
        default=[],
        metavar="ITEM=SCORE",
        help="an answer from 0 to 4, for example people_1=3; may be repeated, and what is not given is asked",
    )
    readiness.add_argument(
        "--organisation", default="own", metavar="NAME", help="the firm's name (default: own)"
    )
    readiness.add_argument("--year", metavar="YEAR", help="year of implementation, 1 to 5")
    readiness.add_argument("--respondent", metavar="KEY", help="who answers: a key, never shown")
    readiness.add_argument("--role", metavar="ROLE", help="sponsor, manager, staff …")
    readiness.add_argument("--on", metavar="DATE", help="when it was answered (default: today)")
    readiness.add_argument(
        "--page", metavar="FILE", help="write the questions as a page to print, and ask nothing"
    )
    sample = commands.add_parser(
        "sample",
        help="write Northgate Supplies, a synthetic company with known effects",
        description="Write the tables of a synthetic company, and its known effects as truth.json.",
    )
    add_arguments(sample)
    lab = commands.add_parser(
        "lab",
        help="open the notebooks in JupyterLab",
        description="Open the notebooks in JupyterLab: those of a checkout where they are, those of an installed package as copies in FOLDER. "
        "Copies that are there stay as they are. Other options are passed on to JupyterLab.",
    )
    lab.add_argument(
        "--folder", metavar="FOLDER", help="where the copies go (default, if installed: cxresearch-notebooks)"
    )
    lab.add_argument("--data", metavar="DIR", help="folder of the tables, as a parameter of every copy")
    lab.add_argument("--copy-only", action="store_true", help="copy the notebooks, and open nothing")
    return top


def _add_source(command):
    """The option that lets a mapping lead out of its workspace."""
    command.add_argument(
        "--allow-source",
        metavar="SOURCE",
        help="the database or file outside the folder that its cxresearch.toml names as source, in the same words",
    )


def _add_run(command):
    """The options of every command that executes notebooks."""
    _add_source(command)
    command.add_argument(
        "--out", default="reports", metavar="OUT", help="folder of the reports (default: reports)"
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the notebooks (listed in the first code cell of each); may be repeated",
    )
    command.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NN",
        help="run only notebooks whose names start with NN, and keep the other pages of the report; may be repeated",
    )
    command.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="only for this part of the firm, for example segment=SMB or segment=SMB,key_account: an attribute of customers or projects, or a "
        "department; may be repeated; the report goes to OUT/PERIOD-COLUMN-VALUE",
    )
    command.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="COLUMN",
        help="add a page that compares the parts of the firm, for example region; may be repeated",
    )
    command.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="how many notebooks to run at a time (default: 1)"
    )
    command.add_argument(
        "--force", action="store_true", help="re-run every notebook, even if nothing changed"
    )
    command.add_argument(
        "--log",
        choices=["text", "json"],
        default="text",
        help="how progress is printed: lines for people, or a JSON object a line (default: text)",
    )
    command.add_argument(
        "--fail-on-hold",
        action="store_true",
        help="exit with 3 if a report is on hold, or has no verdict on its data",
    )
    command.add_argument(
        "--pdf", action="store_true", help="also save every page as a tagged PDF (needs the extra pdf)"
    )
    command.add_argument(
        "--slides", action="store_true", help="also save the board page as slides (needs the extra slides)"
    )
