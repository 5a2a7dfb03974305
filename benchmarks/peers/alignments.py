"""pm4py's alignments of the paths of an .npz file with a model of ordered steps: processor seconds, total cost and fitness as one line of JSON.

pm4py is under the AGPL; it lives in the peers' environment only. Usage: python alignments.py data.npz
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from pm4py.algo.conformance.alignments.petri_net import algorithm
from pm4py.objects.log.obj import Event, EventLog, Trace
from pm4py.objects.petri_net.obj import Marking, PetriNet
from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

MOVE = 10_000  # what pm4py counts for a move that costs 1


def net_of(steps, may):
    """A net that fires the steps in order; those that may be left out have a silent step beside them."""
    net = PetriNet("steps")
    places = [PetriNet.Place(f"p{k}") for k in range(len(steps) + 1)]
    for place in places:
        net.places.add(place)
    for k, step in enumerate(steps):
        for label in [step, None] if may[k] else [step]:
            transition = PetriNet.Transition(f"t{k}{'' if label else ' silent'}", label)
            net.transitions.add(transition)
            add_arc_from_to(places[k], transition, net)
            add_arc_from_to(transition, places[k + 1], net)
    return net, Marking({places[0]: 1}), Marking({places[-1]: 1})


def main(path):
    data = np.load(path)
    steps, may, cases = data["steps"].tolist(), data["may"].tolist(), data["cases"].tolist()
    log = EventLog()
    for k, text in enumerate(data["paths"].tolist()):
        for case in range(cases[k]):
            trace = Trace(attributes={"concept:name": f"{k}-{case}"})
            for activity in text.split("\x1f"):
                trace.append(Event({"concept:name": activity}))
            log.append(trace)
    net, start, end = net_of(steps, may)
    began = time.process_time()
    found = algorithm.apply_log(log, net, start, end)
    seconds = time.process_time() - began
    costs = [int(one["cost"] // MOVE) for one in found]
    answer = {
        "seconds": seconds,
        "cost": sum(costs),
        "perfect": sum(cost == 0 for cost in costs),
        "cases": len(log),
    }
    print(json.dumps(answer | {"versions": {name: version(name) for name in ("pm4py", "numpy", "pandas")}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
