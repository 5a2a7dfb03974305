"""A small company, the same with nothing after a day, and the same with another future."""

import numpy as np
import pandas as pd

from cxresearch.contract.tables import TABLES
from cxresearch.months import wave_end
from cxresearch.sample import write

UPDATED = {"process_models": "data_updated_on"}  # of a table without events: when a row was kept up


def company(folder, customers, as_of):
    """The frames of a small Northgate by table, each with a past and a future.

    The ratings of half the staff belong to the wave that ended on `as_of`, every second step of a process model was last kept up a week before it,
    readiness was assessed a year earlier too, and one more process is changed after the day.
    """
    write(folder, customers=customers)
    frames = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    ratings = frames["staff_ratings"]
    day = pd.Timestamp(as_of)
    ratings["wave"] = ratings["wave"].where(np.arange(len(ratings)) % 2 == 0, f"{day.year}Q{day.quarter}")
    models, updated = frames["process_models"], UPDATED["process_models"]
    is_known = (np.arange(len(models)) % 2 == 0) & models[updated].notna()
    models[updated] = models[updated].mask(is_known, (day - pd.Timedelta(days=7)).date())
    answers = frames["readiness_answers"]
    earlier = answers.assign(assessed_on=_shifted(answers["assessed_on"], -pd.Timedelta(days=365)))
    frames["readiness_answers"] = pd.concat([earlier, answers], ignore_index=True)
    changes = frames["process_changes"]
    begun, done = ((day + pd.Timedelta(days=n)).date() for n in (120, 210))  # it moves by less
    new = changes.tail(1).assign(
        change_id="X900", process="complaint", started_on=begun, finished_on=done, metric="fitness"
    )
    frames["process_changes"] = pd.concat([changes, new], ignore_index=True)
    return frames


def removed(frames, as_of):
    """What the tables would have held on a day: no later row, and no value that came to be known later."""
    return {
        name: _unripe(name, frame[~_is_later(name, frame, as_of)], as_of) for name, frame in frames.items()
    }


def scrambled(frames, as_of, seed=0):
    """The tables with everything after a day altered: rows moved and mixed, later ends and outcomes others than they were."""
    random, found = np.random.default_rng(seed), {}
    for name, frame in frames.items():
        is_later = _is_later(name, frame, as_of)
        known, later = frame[~is_later].copy(), frame[is_later].copy()
        keys = {TABLES[name].key, *(TABLES[name].unique or ())}
        for column in later.columns.difference([*keys, *TABLES[name].where("ripens")]):
            spec = TABLES[name].column(column)
            if spec is not None and spec.event:
                days = pd.to_timedelta(random.integers(0, 90, len(later)), unit="D")
                later[column] = _shifted(later[column], days)
            elif not (spec is not None and (spec.is_dated or column == "wave")):
                later[column] = random.permutation(later[column].to_numpy(copy=True))
        later = _unripe(name, later, as_of)
        ripe = [c for c in TABLES[name].where("ripens") if TABLES[name].columns[c].known_on and c in frame]
        for column in ripe:
            spec = TABLES[name].columns[column]
            is_unripe = pd.to_datetime(known[spec.known_on]) > pd.Timestamp(as_of)
            values = known.loc[is_unripe, column]
            if column == spec.known_on:
                days = pd.to_timedelta(random.integers(0, 90, len(values)), unit="D")
                known.loc[is_unripe, column] = _shifted(values, days)
            else:
                known.loc[is_unripe, column] = random.permutation(values.to_numpy())
        if name in UPDATED:
            is_unripe = pd.to_datetime(known[UPDATED[name]]) > pd.Timestamp(as_of)
            days = pd.to_timedelta(random.integers(0, 90, is_unripe.sum()), unit="D")
            known.loc[is_unripe, UPDATED[name]] = _shifted(known.loc[is_unripe, UPDATED[name]], days)
        found[name] = pd.concat([known, later], ignore_index=True)
    return found


def stored(frames, folder):
    """Frames as the files of a workspace, in place of those that were there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def _is_later(name, frame, as_of):
    """Whether each row came after a day: its first event, or the end of its wave; never one of a table that is not dated."""
    if name in UPDATED:
        return pd.Series(False, frame.index)
    events = [c for c in TABLES[name].where("event") if c in frame]
    if not events:
        return frame["wave"].map(wave_end) > pd.Timestamp(as_of).date()
    first = pd.concat([pd.to_datetime(frame[c], utc=True) for c in events], axis=1).min(axis=1)
    return first >= pd.Timestamp(as_of, tz="UTC") + pd.Timedelta(days=1)


def _unripe(name, frame, as_of):
    frame = frame.copy()
    if name in UPDATED:
        frame.loc[pd.to_datetime(frame[UPDATED[name]]) > pd.Timestamp(as_of), UPDATED[name]] = None
    for column in TABLES[name].where("ripens"):
        known_on = TABLES[name].columns[column].known_on
        if known_on in frame and column != known_on and column in frame:
            due = pd.to_datetime(frame[known_on])
            if column == "benefit_realised":
                due += pd.DateOffset(months=12)
            frame.loc[due > pd.Timestamp(as_of), column] = None
    for column in TABLES[name].where("ripens"):
        if TABLES[name].columns[column].known_on == column and column in frame:
            frame.loc[pd.to_datetime(frame[column]) > pd.Timestamp(as_of), column] = None
    return frame


def _shifted(values, days):
    moved = pd.to_datetime(values) + days
    return (
        moved if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M" else moved.dt.date
    )
