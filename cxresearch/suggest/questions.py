"""Columns of a questionnaire: which question is which score, by what was asked, and which are rated items."""

import re

from cxresearch.contract.tables import TABLES
from cxresearch.suggest.placed import Placed, judge, missing
from cxresearch.suggest.vocabulary import says

TOOLS = ("qualtrics", "surveymonkey")
SCORES = ("recommend", "satisfaction", "effort")
NO_ITEM = ("id", "date", "stratum", "other")  # ideas in the name of a column that rates nothing
GROUP = "_NPS_GROUP"  # Qualtrics puts the group of a promoter question, 1 to 3, beside the question itself


def is_questionnaire(file):
    """Whether a file has the header of a survey tool: nothing but responses has that."""
    return file.settings.get("header", ("",))[0] in TOOLS


def asked(file, target, column):
    """How well what a column asks fits a score, from 0 to 1; the sentence counts, not the column's name."""
    if target not in SCORES:
        return 0.0
    if target == "recommend" and column.name + GROUP in {c.name for c in file.columns}:
        return 0.9
    if not column.label or not says(target, column.label) or says("other", column.label):
        return 0.0
    alike = [c for c in file.columns if says(target, c.label) and not says("other", c.label)]
    if len(alike) == 1:
        return 0.85
    return 0.8 if says("overall", column.label) else 0.0


def place_drivers(file, placed, used):
    """Place the columns that are left and look like rated items of a survey."""
    for column in file.columns:
        driver = None if column.name in used else _driver(column)
        if driver and driver.target not in placed:
            placed[driver.target] = driver
            used.add(column.name)


def _driver(column):
    """A column as a rated item of a survey; None where it does not look like one."""
    name = re.sub(r"[^a-z0-9]+", "_", column.name.lower()).strip("_")
    if column.name.startswith("driver_"):
        _, made = judge(column.name, TABLES["survey_responses"].column(column.name), column, 1.0, None)
        return made
    if not column.score or not name or any(says(idea, column.name) for idea in NO_ITEM):
        return None
    why = "a rated item? whole numbers {} to {}; confidence low".format(*column.score)
    made = Placed(column, f"driver_{name}", why)
    if column.codes:
        made.settings["missing"] = missing(column)
    return made
