"""What the bench and its rivals tell each other: safetensors files, and one JSON object a line."""

import json
import sys
import time

import numpy


# Milliseconds, and calls that a task needs.
NO_SET_UP = (0, 1)


def read_safetensors(path):
    """Arrays by name, and the JSON text under "description" in the metadata.

    Format: github.com/huggingface/safetensors, README, "Format".
    """
    data = open(path, "rb").read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    types = {"F32": numpy.float32, "F64": numpy.float64}
    description = json.loads(header.pop("__metadata__")["description"])
    arrays = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        flat = numpy.frombuffer(data[start + first : start + last], dtype=types[entry["dtype"]])
        arrays[name] = flat.reshape(entry["shape"]).copy()
    return arrays, description


def serve(tasks, settle=lambda: None, peak=None):
    """Answers each line of stdin; what goes wrong is an answer too, since one task that cannot be done ends no bench.

    tasks: by name, (call, check) of a case, and where there are some the milliseconds that it takes to set up and the calls that
    it needs. settle: waits for all that a call began. peak: GFLOP/s at best.
    """
    prepared = {}

    def task(request):
        # Made once, and alone in memory.
        key = (request["case"], request["task"])
        if key not in prepared:
            prepared.clear()
            prepared[key] = tasks[key[1]](key[0])
        return prepared[key]

    def answer(request):
        if request["do"] == "peak":
            return {"gigaflopsPerSecond": peak()}
        call, check, set_up, pieces = (*task(request), *NO_SET_UP)[:4]
        if request["do"] == "check":
            return check()
        # The first call after the others' finds its threads asleep and its weights out of the caches.
        if request["warmUp"]:
            call()
            settle()
        start, busy = time.perf_counter(), time.process_time()
        for _ in range(request["calls"]):
            call()
            settle()
        times = {"milliseconds": time.perf_counter() - start, "processor": time.process_time() - busy}
        return {name: set_up + 1000 * pieces * seconds / request["calls"] for name, seconds in times.items()}

    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:  # noqa: BLE001
            reply = {"error": f"{type(error).__name__}: {error}".split("\n")[0][:300]}
        print(json.dumps(reply), flush=True)
