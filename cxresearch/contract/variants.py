"""How the path of a case is written in one text, so that an engine can count equal paths."""

STEP, PLACE = "\x1e", "\x1f"  # what parts the steps of a variant, and each step from its place
WIDTH = 7  # digits of a place


def variant(activities):
    """The text of a path.

    >>> variant(["enter", "ship"]) == f"0000000{PLACE}enter{STEP}0000001{PLACE}ship"
    True
    """
    return STEP.join(f"{place:0{WIDTH}}{PLACE}{name}" for place, name in enumerate(activities))


def activities(text):
    """The activities of a path, in order.

    >>> activities(variant(["enter", "ship"]))
    ['enter', 'ship']
    """
    return [step[WIDTH + 1 :] for step in text.split(STEP)]
