"""The twelve statements of the readiness assessment, three on each theme, answered from 0 (not at all) to 4 (fully)."""

from cxresearch.contract.tables import READINESS_ITEMS

ANSWERS = {0: "not at all", 1: "hardly", 2: "partly", 3: "largely", 4: "fully"}
THEMES = ("strategy", "people", "process", "technology")
_STATEMENTS = (
    "We have agreed which customers we want and what we promise them.",
    "The goals of customer management are numbers that somebody answers for.",
    "The strategy was settled before software was chosen.",
    "An executive sponsors the programme and gives it time.",
    "Those who serve customers were trained for the new way of working.",
    "Goals and pay reward what is good for customers.",
    "The processes that customers depend on are written down and followed.",
    "Each of these processes has an owner and a number it is judged by.",
    "Departments hand customers over without asking them everything again.",
    "Customer data are in one place, complete and up to date.",
    "Staff find the tools easy and use them.",
    "Changes to the systems are tested before everyone gets them.",
)
STATEMENTS = dict(zip(READINESS_ITEMS, _STATEMENTS, strict=True))
