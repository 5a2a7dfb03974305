"""The sentences by which `make null` knows a finding are those that the pages write: of the sample company they find what is planted."""

import json

from tests.coverage.null_companies import FINDINGS, judged
from tests.paths import ROOT

PLANTED = {
    ("01", "What goes with failure"),
    ("03", "Which department"),
    ("03", "The firm's picture"),
    ("04", "Customers or spend"),
    ("04", "Up to which complexity"),
    ("05", "What drives it"),
    ("05", "Which drivers are"),
    ("05", "Do customers with higher scores stay"),
    ("05", "Can the score"),
    ("06", "How good was"),
    ("06", "When do contracts end"),
    ("07", "Does loyalty grow"),
    ("07", "When in the term"),
    ("08", "Do offers bring"),
    ("08", "Does it matter why"),
    ("10", "Did customers stay longer"),
    ("10", "Are customers who left"),
}
NOT_PLANTED = {
    ("01", "Scope creep"),
    ("03", "Consistent"),
    ("05", "Do customers with higher scores spend"),
    ("05", "What do customers write"),
    ("07", "Do customers buy at random"),
    ("07", "What buyers spend"),
    ("10", "Were ends moved"),
    ("10", "Was retention bought"),
}


def stored_readings():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        section = ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            first = "".join(cell["source"]).split("\n")[0]
            if cell["cell_type"] == "markdown" and first.startswith("#"):
                section = first.lstrip("# ")
            for output in cell.get("outputs", []):
                if "<strong>" in "".join(output.get("data", {}).get("text/html", ""))[:120]:
                    text = "".join(output["data"]["text/plain"])
                    yield {"notebook": path.stem, "section": section, "text": text}


def test_what_is_planted_is_announced_and_nothing_where_nothing_is():
    assessed, found = judged(stored_readings())
    assert assessed == {(notebook, section) for notebook, section, _ in FINDINGS}
    assert found >= PLANTED
    assert not found & NOT_PLANTED
