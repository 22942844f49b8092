"""
Small HDF5 files as h5py, PyTables and pandas write them, and what h5py reads from them.

/usr/bin/python3 test/references/hdf5.py   (Debian 12: python3-h5py, python3-tables, python3-pandas)
writes test/references/hdf5/*.h5 and hdf5.json. h5py and PyTables have an HDF5 library of their own, 1.10.8.

Values of a column are one text, with a bar between the elements in the order of rows: floats as Python's repr of the double,
integers in full, truth values 0 and 1, words as they are; in a jagged column with commas between the elements of a row.
"""
import datetime
import json
import os
import sys

import h5py
import numpy as np
import pandas
import tables

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "hdf5")
N = 20
KINDS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


def extremes(kind, order):
    """Values that a wrong width, sign or order of bytes would change."""
    dtype = np.dtype(order + kind)
    if dtype.kind == "f":
        info = np.finfo(dtype)
        values = np.array([0, -0.0, 1, -1.5, info.max, info.min, info.tiny, info.smallest_subnormal, np.inf, -np.inf, np.nan], "f8")
        return np.resize(np.concatenate([values, np.linspace(-3, 3, 9)]), N).astype(dtype)
    info = np.iinfo(dtype)
    return np.resize(np.array([0, 1, info.max, info.min, info.max - 1, 2, 3, 100], dtype), N)


def texts(values):
    array = np.asarray(values)
    if array.dtype.kind == "O":
        return "|".join(",".join(map(as_text, one)) if isinstance(one, np.ndarray) else as_text(one) for one in array)
    return "|".join(as_text(one) for one in array.reshape(-1))


def as_text(value):
    if isinstance(value, (bytes, np.bytes_)):
        return value.decode("utf-8")
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return str(value)


answers = {}


def answer(file, part, column, dataset, field=None, shape=None):
    """What h5py reads of a dataset, or of one field of its compound type."""
    with h5py.File(os.path.join(OUT, file), "r") as f:
        values = f[dataset][()]
    for name in (field or "").split("."):
        values = values[name] if name else values
    answers.setdefault(file, {}).setdefault(part, {})[column] = {
        "shape": list(values.shape if shape is None else shape),
        "values": texts(values),
    }


def create(file, **options):
    return h5py.File(os.path.join(OUT, file), "w", **options)


os.makedirs(OUT, exist_ok=True)

# All kinds of numbers in both orders of bytes, in one piece.
with create("kinds.h5") as f:
    group = f.create_group("deep/events")
    for order, name in (("<", "little"), (">", "big")):
        for kind in KINDS:
            group[f"{name}_{kind}"] = extremes(kind, order)
    group["truth"] = np.arange(N) % 3 == 0
    group["pairs"] = np.arange(2 * N, dtype=">f4").reshape(N, 2)
    group["colour"] = np.resize([1, -3], N).astype(h5py.enum_dtype({"RED": 1, "BLUE": -3}, basetype=">i2"))
    group["fixed"] = np.array([f"w{i % 7}" for i in range(N)], "S4")
    group.create_dataset("words", data=[f"müon{i}" if i % 2 else "" for i in range(N)], dtype=h5py.string_dtype())
    group.create_dataset("spaced", data=[b"ab  ", b"c   "] * (N // 2), dtype=h5py.string_dtype("ascii", 4))
    group["luminosity"] = 59.7
    group["when"] = np.array([b"\1\2"] * N, "V2")
for column in h5py.File(os.path.join(OUT, "kinds.h5"), "r")["deep/events"]:
    if column not in ("luminosity", "when"):
        answer("kinds.h5", "deep/events", column, f"deep/events/{column}")

# Chunks, the last of them cut, and the filters that come with the library.
ROWS = 300
rows = np.arange(ROWS)
filters = {
    "plain": {},
    "gzip": {"compression": "gzip"},
    "shuffled": {"compression": "gzip", "compression_opts": 9, "shuffle": True},
    "checked": {"fletcher32": True},
    "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "offset": {"scaleoffset": 0},
}
with create("chunks.h5") as f:
    for name, options in filters.items():
        f.create_dataset(name, data=(rows * 7919 % 1009).astype("<i4"), chunks=(96,), **options)
    f.create_dataset("wide", data=np.outer(rows, [1, 10, 100]).astype("f4"), chunks=(96, 2), compression="gzip")
    f.create_dataset("halfWritten", shape=(ROWS,), dtype="f8", chunks=(96,), fillvalue=-1)[:150] = rows[:150]
for column in [*filters, "wide", "halfWritten"]:
    answer("chunks.h5", "/", column, column)

with create("filters.h5") as f:
    f.create_dataset("lzf", data=rows.astype("i4"), chunks=(96,), compression="lzf")
    bits = h5py.h5t.NATIVE_INT32.copy()
    bits.set_precision(11)
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((96,))
    properties.set_filter(5, 0)
    h5py.h5d.create(f.id, b"nbit", bits, h5py.h5s.create_simple((ROWS,)), properties).write(
        h5py.h5s.ALL, h5py.h5s.ALL, (rows - 150).astype("i4")
    )
    f.create_dataset("good", data=rows, chunks=(96,))

# Tables of records: padded, nested, with arrays, of one order of bytes or of both.
record = np.dtype(
    [("pt", "f4"), ("charge", "i1"), ("good", "?"), ("id", "u8"), ("p", "f8", (3,)), ("name", "S5"), ("vertex", [("x", "f4"), ("y", "f8")])],
    align=True,
)


def fill(dtype):
    table = np.zeros(N, dtype)
    table["pt"] = np.arange(N) * 1.1
    table["charge"] = np.resize([1, -1], N)
    table["good"] = np.arange(N) % 4 == 1
    table["id"] = 2**63 + np.arange(N, dtype="u8")
    table["p"] = np.arange(3 * N).reshape(N, 3)
    table["name"] = [f"n{i}" for i in range(N)]
    table["vertex"]["x"] = -np.arange(N)
    table["vertex"]["y"] = np.arange(N) / 3
    return table


FIELDS = ["pt", "charge", "good", "id", "p", "name", "vertex.x", "vertex.y"]
with create("records.h5") as f:
    f.create_dataset("native", data=fill(record), chunks=(8,))
    f["mixed"] = fill(np.dtype([(n, record[n].newbyteorder(">") if n in ("id", "p") else record[n]) for n in record.names]))
    big = np.dtype([("a", ">f4"), ("b", ">i8"), ("s", "S3"), ("c", ">u2", (2,))])
    values = np.zeros(N, big)
    values["a"], values["b"], values["s"], values["c"] = np.arange(N) / 7, -np.arange(N), b"xy", np.arange(2 * N).reshape(N, 2)
    f["big"] = values
    swapped = h5py.h5t.create(h5py.h5t.COMPOUND, 12)
    colour = h5py.h5t.enum_create(h5py.h5t.STD_I32BE)
    colour.enum_insert(b"RED", 1)
    swapped.insert(b"x", 0, h5py.h5t.IEEE_F32BE)
    swapped.insert(b"colour", 4, colour)
    swapped.insert(b"y", 8, h5py.h5t.IEEE_F32BE)
    raw = np.zeros(N, [("x", ">f4"), ("colour", ">i4"), ("y", ">f4")])
    raw["x"], raw["colour"], raw["y"] = np.arange(N), 1, -np.arange(N)
    h5py.h5d.create(f.id, b"enumerated", swapped, h5py.h5s.create_simple((N,))).write(h5py.h5s.ALL, h5py.h5s.ALL, raw, swapped)
for part in ("native", "mixed"):
    for field in FIELDS:
        answer("records.h5", part, field, part, field)
for field in ("a", "b", "s", "c"):
    answer("records.h5", "big", field, "big", field)

# Lists of different lengths.
with create("lists.h5", libver="latest") as f:
    lists = [np.arange(i % 4) + i for i in range(N)]
    for kind in ("f4", ">i2", "u8"):
        data = f.create_dataset(f"of_{kind[-2:]}", (N,), dtype=h5py.vlen_dtype(np.dtype(kind)), chunks=(6,))
        for i, one in enumerate(lists):
            data[i] = one.astype(kind)
    f["flat"] = np.arange(N, dtype="f4")
answer("lists.h5", "/", "flat", "flat")
# h5py 3.7 reads big-endian lists the wrong way round: these answers are PyTables'.
with tables.open_file(os.path.join(OUT, "lists.h5")) as f:
    for column in ("of_f4", "of_i2", "of_u8"):
        read = f.root[column][:]
        assert all(np.array_equal(a, b) for a, b in zip(read, lists))
        values = "|".join(",".join(map(as_text, one)) for one in read)
        answers["lists.h5"]["/"][column] = {"shape": [N], "values": values}

# Groups and links.
with create("groups.h5", track_order=True) as f:
    for name, count in (("simulation", 5), ("data", 4)):
        group = f.create_group(name, track_order=True)
        group["z"] = np.arange(count, dtype="f4")
        group["a"] = np.arange(count, dtype="f8") * 2
        group.create_group("jets")["pt"] = np.arange(count, dtype="f4") + 0.5
    f["data/soft"] = h5py.SoftLink("/data/z")
    f["data/nowhere"] = h5py.SoftLink("/none")
    f["data/again"] = f["data"]
    f["data/other"] = h5py.ExternalLink("kinds.h5", "/deep/events/little_f4")
    f["uneven/long"] = np.arange(7.0)
    f["uneven/short"] = np.arange(3.0)
    f["info"] = np.float64(3)
for column, dataset in (("z", "z"), ("a", "a"), ("jets.pt", "jets/pt"), ("soft", "z")):
    answer("groups.h5", "data", column, f"data/{dataset}")
with create("virtual.h5") as f:
    layout = h5py.VirtualLayout((N,), "f4")
    layout[:] = h5py.VirtualSource("kinds.h5", "deep/events/little_f4", (N,))
    f.create_virtual_dataset("x", layout)
    f["y"] = np.arange(N)

# What headers of objects can have: a block of the user's before them, a type of its own, attributes until they need another block, bits
# that no machine's numbers have, and numbers in another file.
for version in ("earliest", "latest"):
    with create(f"headers-{version}.h5", libver=version, userblock_size=1024) as f:
        f["type"] = np.dtype([("x", ">f8"), ("good", "?")])
        f.create_dataset("records", (N,), dtype=f["type"], track_order=version == "latest")
        f["records"][:] = np.array([(i / 3, i % 2) for i in range(N)], f["type"].dtype)
        for i in range(30):
            f["records"].attrs[f"attribute{i}"] = "x" * 40
        half = h5py.h5t.IEEE_F16LE.copy()
        half.set_fields(15, 7, 8, 0, 7)
        half.set_ebias(127)
        h5py.h5d.create(f.id, b"bfloat", half, h5py.h5s.create_simple((N,)))
        few = h5py.h5t.STD_I16LE.copy()
        few.set_precision(12)
        h5py.h5d.create(f.id, b"bits", few, h5py.h5s.create_simple((N,)))
        elsewhere = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        elsewhere.set_external(b"numbers.bin", 0, 8 * N)
        h5py.h5d.create(f.id, b"elsewhere", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((N,)), elsewhere)
    for field in ("x", "good"):
        answer(f"headers-{version}.h5", "records", field, "records", field)

# All that the format can check is checked: headers by their new version, numbers by a filter.
with create("checked.h5", libver="latest") as f:
    for kind in ("f4", ">i8"):
        f.create_dataset(f"events/of_{kind[-2:]}", data=np.arange(N).astype(kind), chunks=(8,), fletcher32=True)
for column in ("of_f4", "of_i8"):
    answer("checked.h5", "events", column, f"events/{column}")

# PyTables, whose truth values are bit fields, and pandas.
class Event(tables.IsDescription):
    run = tables.Int64Col()
    pt = tables.Float32Col(pos=0)
    trigger = tables.BoolCol()
    name = tables.StringCol(6)


with tables.open_file(os.path.join(OUT, "pytables.h5"), "w") as f:
    table = f.create_table("/analysis", "events", Event, createparents=True, filters=tables.Filters(5, "zlib"))
    for i in range(N):
        table.row["run"], table.row["pt"] = 2**53 + 2 * i, i / 8
        table.row["trigger"], table.row["name"] = i % 2 == 0, f"e{i}"
        table.row.append()
    table.flush()
    table.cols.run.create_index()
for field in ("run", "pt", "trigger", "name"):
    answer("pytables.h5", "", field, "analysis/events", field)

frame = pandas.DataFrame(
    {
        "pt": np.arange(N) * 0.5,
        "eta": -np.arange(N) / 3,
        "charge": np.resize([1, -1], N),
        "kind": ["EB", "EE"] * (N // 2),
    }
)
path = os.path.join(OUT, "pandas.h5")
if os.path.exists(path):
    os.remove(path)
frame.to_hdf(path, "columns", format="table", data_columns=True, index=False, complib="zlib", complevel=5)
frame.to_hdf(path, "blocks", format="table", index=False, complib="zlib", complevel=5)
for column in frame.columns:
    for part in ("columns", "blocks"):
        answers.setdefault("pandas.h5", {}).setdefault(part, {})[column] = {"shape": [N], "values": texts(frame[column].to_numpy())}

header = {
    "command": "/usr/bin/python3 test/references/hdf5.py",
    "versions": f"Python {sys.version.split()[0]}, h5py {h5py.__version__}, HDF5 {h5py.version.hdf5_version}, "
    f"PyTables {tables.__version__}, pandas {pandas.__version__}, numpy {np.__version__}",
    "date": str(datetime.date.today()),
}
with open(os.path.join(HERE, "hdf5.json"), "w") as out:
    json.dump({**header, "files": answers}, out, indent=1, ensure_ascii=False)
    out.write("\n")
