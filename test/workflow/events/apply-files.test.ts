import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readTable } from "../../../io/columns.js";
import { type NamedArray, readEvents, readNpz, writeNpz } from "../../../io/index.js";
import { npyChunks } from "../../../io/numpy/npy.js";
import { checkNoClash, columnNames } from "../../../workflow/events/apply-columns.js";
import { apply, at, COUNT, listed, removeRun, runToy, simulation } from "../../cli/applied-run.js";
import { hdf5File } from "../../io/hdf5/files.js";
import { archive, member } from "../../io/zip/archives.js";

test.before(runToy);
test.after(removeRun);

/** Of the columns c and d. */
const RESULTS = ["c.data", "d.data", "log_det"];

test("csv in and out: processes by name, words and identifiers kept, and all digits", async () => {
  const columns = ["--set", "observables.x.columns=[a, b]", "--set", "observables.y.columns=[c, d]"];
  const rows = ["0,0,0.5,-0.5,B,9007199254740993,good", "0.1,0.2,-0.3,0.7,A,5,", '-1,0.3,1,0.2,"B",6,"so, so"'];
  writeFileSync(at("named.csv"), `a,b,c,d,kind,id,note\n${rows.join("\n")}\n`);
  const words = ["--events", at("named.csv"), "--process-column", "kind", "--nu", "0.5,-0.5"];
  const ran = await apply(...words, ...columns, "--out", at("mapped.csv"));
  assert.is(ran.code, 0, ran.error);
  const lines = readFileSync(at("mapped.csv"), "utf8").trimEnd().split("\n");
  assert.match(lines[0]!, /^a,b,c,d,kind,id,note,c\.data,d\.data,log_det,c\.data\.mode1\.up,d\.data\.mode1\.up,/);
  for (const [row, line] of rows.entries()) assert.ok(lines[row + 1]!.startsWith(`${line.replace('"B"', "B")},`), line);

  // The same events with the processes by number, in a format of doubles.
  const number: Readonly<Record<string, string>> = { B: "1", A: "0", '"B"': "1" };
  const numbered = rows.map((row) => row.split(",").slice(0, 5));
  writeFileSync(
    at("numbered.csv"),
    `a,b,c,d,kind\n${numbered.map((fields) => [...fields.slice(0, 4), number[fields[4]!]].join(",")).join("\n")}\n`,
  );
  const same = await apply(...words.with(1, at("numbered.csv")), ...columns, "--out", at("numbered.npz"));
  assert.is(same.code, 0, same.error);
  const [text, doubles] = [await readEvents(at("mapped.csv"), RESULTS), await readEvents(at("numbered.npz"))];
  for (const name of RESULTS) assert.equal(text.columns.get(name)!.data, doubles.columns.get(name)!.data, name);
  assert.equal((await readNpz(at("numbered.npz"))).get("c.data")!.shape, [3]);

  const refusals: readonly (readonly [string, string, string, RegExp])[] = [
    [
      "named.csv",
      "kind",
      "no.npz",
      /named\.csv, column "kind": expected a column of 3 numbers, to be kept in .*no\.npz, got words, .*\. Write \.csv, or apply/,
    ],
    [
      "named.csv",
      "note",
      "no.csv",
      /column "note": expected declared processes \(A, B\) by name, or all by number, got "good" in row 0 \(/,
    ],
    ["mapped.csv", "kind", "no.csv", /mapped\.csv: expected no column "c\.data", which apply adds, got one/],
  ];
  for (const [events, column, out, message] of refusals) {
    const given = ["--events", at(events), "--process-column", column, "--nu", "0,0", "--out", at(out)];
    const { code, error } = await apply(...given, ...columns);
    assert.is(code, 2, error);
    assert.match(error, message);
    assert.not.ok(existsSync(at(out)));
  }
});

test("columns that the configuration makes of others are mapped like those of a file, and events that a condition leaves out too", async () => {
  const rows = [
    [0, 0, 0.5, -0.5],
    [0.1, 0.2, -0.25, 0.75],
    [-1, 0.3, 1, 0.25],
  ];
  writeFileSync(at("plain.csv"), `a,b,c,d\n${rows.map((own) => own.join()).join("\n")}\n`);
  const others = rows.map(([a, b, c, d]) => [2 * a!, b, Math.exp(c!), d].join());
  writeFileSync(at("made.csv"), `double,b,expc,d\n${others.join("\n")}\n`);
  const columns = ["--set", "observables.x.columns=[a, b]", "--set", "observables.y.columns=[c, d]"];
  const made = ["--set", "observables.columns={a: double / 2, c: log(expc)}", "--set", "observables.where=a > 0"];
  const run = async (events: string, out: string, ...more: readonly string[]) => {
    const ran = await apply(
      "--events",
      at(events),
      "--process",
      "A",
      "--nu",
      "0.5,-0.5",
      ...columns,
      ...more,
      "--out",
      at(out),
    );
    assert.is(ran.code, 0, ran.error);
    return readEvents(at(out), RESULTS);
  };
  const [plain, derived] = [await run("plain.csv", "plain.npz"), await run("made.csv", "made.npz", ...made)];
  for (const name of RESULTS) {
    const [wanted, got] = [plain, derived].map((own) => own.columns.get(name)!.data);
    assert.is(got!.length, 3);
    // Logarithms of exponentials are off by a rounding or two.
    for (const [i, value] of got!.entries()) {
      assert.ok(Math.abs(value - wanted![i]!) < 1e-5, `${name}: ${value}, ${wanted![i]}`);
    }
  }
});

test("elements of lists are mapped; words and numbers of the file are kept, lists named and left out", async () => {
  // ../../references/hdf5.py: row i has i % 4 elements, i, i + 1, …; flat is i.
  const rows = Array.from({ length: 20 }, (_, i) => [
    i / 9,
    i / 9,
    (i % 4 > 0 ? i : 7) / 9,
    (i % 4 > 1 ? i + 1 : -1) / 9,
  ]);
  writeFileSync(at("flat.csv"), `a,b,c,d\n${rows.map((own) => own.join()).join("\n")}\n`);
  const names = ["--set", "observables.x.columns=[a, b]", "--set", "observables.y.columns=[c, d]"];
  const made = "{a: flat / 9, b: flat / 9, c: first / 9, d: second / 9, first: 'of_f4[0]', second: 'of_f4[1]'}";
  const lists = [
    "--set",
    `observables.columns=${made}`,
    "--set",
    "observables.missing={'of_f4[0]': 7, 'of_f4[1]': -1}",
  ];
  const run = async (events: string, out: string, ...more: readonly string[]) => {
    const point = ["--process", "A", "--nu", "0.5,-0.5"];
    const ran = await apply("--events", events, ...point, ...names, ...more, "--out", at(out));
    assert.is(ran.code, 0, ran.error);
    return ran.error;
  };
  await run(at("flat.csv"), "flat.npz");
  const said = await run(hdf5File("lists.h5"), "lists.parquet", ...lists);
  assert.match(said, /of_f4.*of_u8/);
  const [wanted, got] = [await readEvents(at("flat.npz"), RESULTS), await readEvents(at("lists.parquet"), RESULTS)];
  for (const name of RESULTS) assert.equal(got.columns.get(name)!.data, wanted.columns.get(name)!.data, name);
  assert.equal((await readEvents(at("lists.parquet"), ["flat"])).columns.get("flat")!.data.length, 20);
  const records = "{a: pt / 9, b: pt / 9, c: vertex, d: vertex}";
  const named = ["--set", `observables.columns=${records.replaceAll("vertex", "'vertex.x'")}`];
  await run(`${hdf5File("records.h5")}:native`, "records.csv", ...named);
  const { columns } = await readTable(at("records.csv"));
  assert.equal((columns.get("name") as readonly string[]).slice(0, 3), ["n0", "n1", "n2"]);
});

test("results have the names and widths of the columns of y, in every kind of file", async () => {
  const { x, y } = Object.fromEntries(await readNpz(simulation)) as Record<string, NamedArray>;
  const feature = (k: number) => Float64Array.from({ length: COUNT }, (_, i) => Number(y!.data[2 * i + k]));
  await writeNpz(at("columns.npz"), {
    x: x!,
    mass: { shape: [COUNT], data: feature(0) },
    score: { shape: [COUNT, 1], data: feature(1) },
    both: { shape: [COUNT, 2], data: y!.data },
  });
  const words = ["--events", at("columns.npz"), "--process", "A"];
  const one = ["--set", "observables.y.columns=[mass, score]"];
  const other = ["--set", "observables.y.columns=[both]"];
  for (const [columns, out] of [
    [one, "columns-out.npz"],
    [other, "both-out.npz"],
    [one, "columns-out.safetensors"],
    [one, "columns-text.csv"],
    [other, "both-text.csv"],
  ] as const) {
    const ran = await apply(...words, ...columns, "--out", at(out));
    // The text has a column of two features as well.
    assert.is(ran.code, 0, ran.error);
    assert.match(ran.out, columns === one ? /: mass\.data, score\.data, log_det, with/ : /: both\.data, log_det, with/);
  }
  const [single, wide] = [await readNpz(at("columns-out.npz")), await readNpz(at("both-out.npz"))];
  assert.equal([single.get("mass.data")!.shape, single.get("score.data")!.shape], [[COUNT], [COUNT, 1]]);
  const both = wide.get("both.data.mode1.up")!;
  assert.equal(both.shape, [COUNT, 2]);
  const rows = Array.from({ length: COUNT }, (_, i) => [both.data[2 * i], both.data[2 * i + 1]]);
  for (const [k, name] of ["mass", "score"].entries()) {
    assert.equal(
      [...single.get(`${name}.data.mode1.up`)!.data],
      rows.map((row) => row[k]),
    );
  }
  const names = ["mass.data", "score.data", "mass.data.mode1.up", "score.data.mode1.up"];
  for (const file of ["columns-out.safetensors", "columns-text.csv"]) {
    const { columns } = await readEvents(at(file), names);
    for (const name of names) {
      assert.equal([...columns.get(name)!.data], [...single.get(name)!.data], `${name} of ${file}`);
    }
  }
  const text = await readEvents(at("both-text.csv"), ["both.data[0]", "both.data[1]"]);
  assert.equal([...text.columns.get("both.data[1]")!.data], [...single.get("score.data")!.data]);
});

test("names of results that would repeat each other are refused", () => {
  const names = columnNames("to-simulation", false, ["A", "b.A"], ["mass", "mass.b"], [{ name: "nominal", nu: [0] }]);
  assert.throws(
    () => checkNoClash("events.npz", [], names),
    /events\.npz: expected columns of y and processes whose names joined by a dot differ, got two results with the name "mass\.b\.A"\. Rename/,
  );
});

test("no events give a file of none, of every kind", async () => {
  const pairs = { shape: [0, 2], data: new Float64Array() };
  await writeNpz(at("no-events.npz"), { x: pairs, y: pairs, id: { shape: [0], data: new Int32Array() } });
  writeFileSync(at("no-events.csv"), "a,b,c,d,id\n");
  const ofText = ["--set", "observables.x.columns=[a,b]", "--set", "observables.y.columns=[c,d]"];
  for (const [events, columns] of [
    ["no-events.npz", []],
    ["no-events.csv", ofText],
  ] as const) {
    for (const out of ["no-events-out.npz", "no-events-out.safetensors", "no-events-out.csv"]) {
      for (const how of [
        ["--process", "A"],
        ["--direction", "to-simulation"],
      ]) {
        const ran = await apply("--events", at(events), ...how, "--nu", "0,0", ...columns, "--out", at(out));
        assert.is(ran.code, 0, ran.error);
        assert.match(ran.out, /(^|\n)0 events mapped to-/);
        const { count, columns: found } = await readEvents(at(out));
        assert.is(count, 0);
        assert.ok([...found.keys()].some((name) => name.startsWith("id")));
        assert.ok(
          [...found.keys()].some((name) => /^[yc]\.(data|A)/.test(name)),
          [...found.keys()].join(),
        );
      }
    }
  }
  const written = await readNpz(at("no-events-out.npz"));
  assert.equal([written.get("d.A")!.shape, written.get("log_det.B")!.shape], [[0], [0]]);
});

test("arrays that are no numbers are passed over with a word about it, and refused where they are needed", async () => {
  const pair = (name: string) => ({
    name: `${name}.npy`,
    chunks: npyChunks(name, { shape: [1, 2], data: new Float64Array(2) }),
  });
  const words = member("run", "'<U1'", "(1,)", new Uint8Array(4));
  writeFileSync(at("words.npz"), await archive([pair("x"), pair("y"), words, member("config", "'|O'", "()")]));
  const given = ["--events", at("words.npz"), "--nu", "0,0", "--out", at("words-out.npz")];
  const ran = await apply(...given, "--process", "A");
  assert.is(ran.code, 0, ran.error);
  assert.match(
    ran.error,
    /words\.npz: run, config: not numbers, so not written to .*words-out\.npz\. Only a csv file keeps text/,
  );
  assert.equal([...(await readNpz(at("words-out.npz"))).keys()].slice(0, 3), ["x", "y", "y.data"]);
  const needed = await apply(...given, "--process-column", "run");
  assert.is(needed.code, 2);
  assert.match(needed.error, /array "run": expected numbers of type .*, got "<U1" \(words\)/);
});

test("a word where T needs a number is named with its row", async () => {
  writeFileSync(at("bad.csv"), "a,b,c,d\n1,2,3,4\n1,2,3,high\n");
  const columns = ["--set", "observables.x.columns=[a,b]", "--set", "observables.y.columns=[c,d]"];
  const ran = await apply(
    "--events",
    at("bad.csv"),
    "--process",
    "A",
    "--nu",
    "0,0",
    ...columns,
    "--out",
    at("bad.npz"),
  );
  assert.is(ran.code, 2);
  assert.match(ran.error, /bad\.csv, column "d": expected numbers, got "high" in row 1 \(counted from 0\)/);
});

test("refuses what it cannot map, in one sentence and with nothing left behind", async () => {
  const { x, y, process } = Object.fromEntries(await readNpz(simulation)) as Record<string, NamedArray>;
  const broken = Float64Array.from(y!.data as Float64Array);
  broken[5] = Number.NaN;
  await writeNpz(at("nan.npz"), { x: x!, y: { ...y!, data: broken } });
  await writeNpz(at("no-y.npz"), { x: x! });
  await writeNpz(at("wide.npz"), {
    x: x!,
    y: { shape: [COUNT, 1], data: Float64Array.from(process!.data as Int8Array) },
  });
  await writeNpz(at("third.npz"), {
    x: x!,
    y: y!,
    process: { ...process!, data: Int8Array.from(process!.data as Int8Array).fill(2, 7) },
  });
  writeFileSync(at("damaged.npz"), readFileSync(simulation).subarray(0, 900));
  const mapped = await apply("--events", simulation, "--process-column", "process", "--out", at("data-like.npz"));
  assert.is(mapped.code, 0, mapped.error);
  const before = listed();
  const named = ["--process", "A"];
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [simulation, [], /unbinned apply: expected the process of every event, .* got none\. Give --process NAME/],
    [simulation, ["--process", "C"], /--process: expected a declared process \(A, B\), got C/],
    [simulation, [...named, "--process-column", "process"], /expected one process, got --process and --process-column/],
    [simulation, ["--process-column", "proces"], /expected a column "proces", got columns .* Did you mean "process"\?/],
    [
      at("third.npz"),
      ["--process-column", "process"],
      /column "process": expected processes from 0 to 1 \(A, B\), got 2 in row 7/,
    ],
    [simulation, ["--process-column", "y"], /column "y": expected 1 feature, got 2 features/],
    [simulation, [...named, "--direction", "back"], /--direction: expected one of to-data, to-simulation, got back/],
    [simulation, [...named, "--nu", "1"], /--nu: expected 2 values \(shift, squeeze\), got 1/],
    [at("no-y.npz"), named, /no-y\.npz: expected a column "y", got columns "x"/],
    [at("nan.npz"), named, /column "y": expected finite values, got 1 value that is not, the first NaN in row 2/],
    [at("wide.npz"), named, /column "y": expected 2 features, got 1 feature/],
    [at("damaged.npz"), named, /damaged\.npz: expected .* truncated or corrupt/],
    [at("nothing.npz"), named, /nothing\.npz: expected a file, got nothing at this path/],
    [at("data-like.npz"), named, /data-like\.npz: expected no column "y\.data", which apply adds, got one\. Rename it/],
  ];
  for (const [events, words, message] of cases) {
    const { code, error, out } = await apply("--events", events, ...words, "--out", at("refused.npz"));
    assert.is(code, 2, error);
    assert.match(error, message);
    assert.match(error, /^unbinned.*: .*\n$/, `more than a sentence: ${error}`);
    assert.is(out, "");
  }
  const options: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["--out", at("refused.npz")],
      /unbinned apply: expected --events FILE with the events to map, one of .*, got no --events/,
    ],
    [
      ["--events", simulation],
      /unbinned apply: expected --out FILE for the columns, one of \.npz, .*\.parquet, \.pq, got no --out/,
    ],
    [["--events", simulation, "--out", at("refused.root")], /expected --out FILE .*, got --out .*refused\.root/],
    [
      ["--events", simulation, "--out", at("refused.csv")],
      /column "title": expected a column of 120 events, .* got an array \[3\]\. Write \.npz or \.safetensors, or apply/,
    ],
    [
      ["--events", at("a.fits"), "--out", at("refused.npz")],
      /expected --events FILE .*, one of \.npz, .* got --events .*a\.fits/,
    ],
    [["--events", simulation, "--out", simulation], /expected --out to be another file than --events, got/],
  ];
  for (const [words, message] of options) {
    const { code, error } = await apply(...words, ...named);
    assert.is(code, 2, error);
    assert.match(error, message);
  }
  assert.equal(listed(), before);
});

test.run();
