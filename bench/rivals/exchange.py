"""What the bench and its rivals tell each other: safetensors files, and one JSON object a line."""

import json
import sys

import numpy


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


def serve(answer):
    """Answers each line of stdin; what goes wrong is an answer too, since one task that cannot be done ends no bench."""
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:  # noqa: BLE001
            reply = {"error": f"{type(error).__name__}: {error}".split("\n")[0][:300]}
        print(json.dumps(reply), flush=True)
