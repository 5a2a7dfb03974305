"""A hundred companies without effects: in how many does the loyalty analysis announce something?

Each is Northgate Supplies with nothing planted (`cxresearch sample --null`), drawn anew. Announced is what notebook 05 would say:
a driver beyond chance, a must-be or attractive driver, a changed wave, a relation of score and leaving, a theme
that rates a driver apart, silent customers who leave more or less often.

Usage: OMP_NUM_THREADS=1 .venv/bin/python tests/coverage/null_drivers.py [SEEDS] [CUSTOMERS]
"""

import sys
import tempfile
import time

import cxresearch as cx
from cxresearch.sample import write

TABLES = ["customers", "contracts", "survey_invitations", "survey_responses"]
AS_OF = "2026-09-30"


def announced(seed, customers):
    """What is announced in one company, by question."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, customers=customers, null=True, seed=seed, tables=TABLES)
        ws = cx.open(folder)
        asked = cx.features.survey_answers(ws.survey_responses, AS_OF)
        answers = asked.order_by("response_id").to_pandas()
        stayed = cx.features.stayed_after(asked, ws.contracts, AS_OF).to_pandas()
        invited = cx.features.invited(ws, AS_OF).to_pandas()
    drivers = answers.filter(regex="^driver_")
    who, score = answers["customer_id"], answers["recommend"]
    model = cx.models.DriverImportance(draws=300).fit(drivers, score, answers["weight"], who)
    kano = cx.models.penalty_reward_by_survey(answers, list(drivers), "recommend", draws=300).kinds
    waves = cx.models.LoyaltyWaves().fit(answers)
    ratio = cx.models.StatedLived().fit(stayed).hazard_ratio_
    silent = cx.models.NonResponse().fit(invited, answers).hazard_ratio_
    themes = cx.models.CommentThemes().fit(answers["comment"], drivers, who).drivers_
    return {
        "a driver": model.importance_["announced"].any(),
        "a must-be or attractive driver": kano["kind"].isin(["must-be", "attractive"]).any(),
        "a changed NPS": (waves.changes_.query("index == 'NPS'")["verdict"] == "changed").any(),
        "score and leaving": ratio["low"] > 1 or ratio["high"] < 1,
        "silent and leaving": silent["low"] > 1 or silent["high"] < 1,
        "a theme": (themes["verdict"] != "no clear difference").any(),
    }


def main(seeds=100, customers=6000):
    start, count = time.perf_counter(), {}
    for seed in range(int(seeds)):
        for question, said in announced(seed, int(customers)).items():
            count[question] = count.get(question, 0) + bool(said)
    print(
        f"{seeds} companies of {int(customers):,} customers without effects, {time.perf_counter() - start:.0f} s"
    )
    for question, times in count.items():
        print(f"  {question:<32} announced in {times:3d}, silent in {1 - times / int(seeds):.0%}")
    for question in ("a driver", "a must-be or attractive driver"):
        if count[question] > 0.05 * int(seeds):
            sys.exit(f"{question} was announced in more than 5 % of companies without drivers")


if __name__ == "__main__":
    main(*sys.argv[1:])
