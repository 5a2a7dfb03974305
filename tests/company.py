"""A small Northgate, and the same with another future."""

import numpy as np
import pandas as pd

import cxresearch as cx
from cxresearch.sample import write

MOMENTS = {
    "customers": "acquired_at",
    "orders": "ordered_at",
    "contracts": "started_on",
    "interactions": "started_at",
    "survey_responses": "responded_at",
}


def small(folder, customers=400):
    """The folder of a company of so many customers, and its frames; some orders are returns, some scores are blank."""
    write(folder, customers=customers, months=24, tables=list(MOMENTS))
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in MOMENTS}
    for frame in frames.values():
        for column in frame.select_dtypes("datetimetz"):
            frame[column] = frame[column].dt.tz_localize(None)  # these are in UTC
    random = np.random.default_rng(7)
    orders, answers = frames["orders"], frames["survey_responses"]
    orders["is_return"] = random.choice([True, False, None], len(orders), p=[0.1, 0.8, 0.1])
    answers["emotion"] = np.where(
        random.random(len(answers)) < 0.5, random.integers(1, 8, len(answers)), np.nan
    )
    twice = answers.sample(frac=0.1, random_state=7)  # a second answer at the same moment
    again = twice.assign(response_id=twice["response_id"] + "b", recommend=0.0, emotion=3.0)
    frames["survey_responses"] = pd.concat([answers, again], ignore_index=True)
    return stored(frames, folder), frames


def stored(frames, folder):
    """Frames as the Parquet files of a workspace."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return cx.open(folder)


def other_future(frames, as_of, seed):
    """The same frames with everything that came after a day moved, altered, dropped or invented."""
    random, end = np.random.default_rng(seed), pd.Timestamp(as_of) + pd.Timedelta(days=1)
    found = {}
    for name, frame in frames.items():
        moment = pd.to_datetime(frame[MOMENTS[name]])
        known, later = frame[moment < end].copy(), frame[moment >= end].copy()
        later = later.sample(frac=random.choice([0.3, 1.0]), random_state=seed)
        moved = pd.to_datetime(later[MOMENTS[name]]) + pd.to_timedelta(
            random.integers(0, 500, len(later)), unit="D"
        )
        later[MOMENTS[name]] = moved.dt.date if name == "contracts" else moved
        for column in later.select_dtypes("number"):
            later[column] = later[column] * 3 + 1
        for column in {"channel", "touchpoint", "segment", "end_reason", "case_id"} & set(later.columns):
            later[column] = "invented"
        if name == "contracts":
            later["ended_on"] = None
            ends = pd.to_datetime(known["ended_on"])
            unknown = ends >= end
            fate = random.integers(0, 2, len(known)).astype(bool)
            other = end + pd.to_timedelta(random.integers(0, 900, len(known)), unit="D")
            ends = ends.mask(unknown & fate).mask(
                (unknown | ends.isna()) & ~fate, pd.Series(other, known.index)
            )
            known["ended_on"] = ends.dt.date
            known.loc[unknown, "end_reason"] = "invented"
        found[name] = pd.concat([known, later], ignore_index=True)
    return found
