/** `apply` and `export` on one tiny run, with two replicas beside it: what they write, and what they refuse. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Replica } from "../../../inference/measurements/distribution-of-interest/ensemble.js";
import { type NamedArray, readEvents, readNpz, readSafetensors, requireColumn, writeNpz } from "../../../io/index.js";
import { npyChunks } from "../../../io/npy.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { belongingsIn } from "../../../workflow/store/belonging.js";
import { sealed, writeSealed } from "../../../workflow/store/checksum.js";
import { REPLICAS_FILE, saveReplicas } from "../../../workflow/store/ensemble-files.js";
import { readSavedModel } from "../../../workflow/store/model-files.js";
import { archive, member } from "../../io/npz-writer.js";
import { close } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { type Ran, runInProcess } from "../in-process.js";
import { TINY_TOY } from "../tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-apply-"));
const at = (name: string) => join(folder, name);
const file = at("toy.yaml");

const TOY = `
name: Tiny toy
output: out
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000, heldOut: 0.2 }
data: { generator: doi-toy, events: 400 }
transfer: { transforms: 2, bins: 3, hidden: [4], training: { epochs: 3, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`;

const command = (words: readonly string[]): Promise<Ran> => runInProcess([...words, "--threads", "1"]);
const apply = (...words: readonly string[]) => command(["apply", file, ...words]);

async function good(words: readonly string[]): Promise<Ran> {
  const ran = await runInProcess(words);
  assert.is(ran.code, 0, ran.error);
  return ran;
}

const simulation = at("simulation.npz");
const COUNT = 120;
const numbers = (columns: ReadonlyMap<string, NamedArray>, name: string): Float64Array => {
  const found = columns.get(name);
  assert.ok(found, `${name} among ${[...columns.keys()].join(", ")}`);
  return Float64Array.from(found.data as Float64Array);
};

test.before(async () => {
  writeFileSync(file, TOY);
  await good(["run", file, "--threads", "1"]);
  const model = await readSavedModel(at("out"));
  const replica = (index: number): Replica => ({
    index,
    nu: [0, 0],
    transfer: new Map(
      [...model.transfer!.weights].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((weight, i) => weight + 0.05 * (index + 1) * Math.sin(i)) },
      ]),
    ),
  });
  await saveReplicas(at("out"), [replica(0), replica(1)]);
  // As a run leaves them: its results say which files belong to them.
  const { checksum: _, ...found } = JSON.parse(readFileSync(at("out/results.json"), "utf8"));
  const files = { ...found.files, ...(await belongingsIn(at("out"), [REPLICAS_FILE])) };
  writeFileSync(at("out/results.json"), JSON.stringify(sealed({ ...found, files }), undefined, 2));
  const random = randomNumbers(4);
  const pairs = (size: number) => Float64Array.from({ length: 2 * COUNT }, () => size * (random() - 0.5));
  await writeNpz(simulation, {
    x: { shape: [COUNT, 2], data: pairs(2) },
    y: { shape: [COUNT, 2], data: pairs(3) },
    process: { shape: [COUNT], data: Int8Array.from({ length: COUNT }, (_, i) => i % 2) },
    id: { shape: [COUNT], data: BigInt64Array.from({ length: COUNT }, (_, i) => 2n ** 60n + BigInt(i)) },
    title: { shape: [3], data: Uint8Array.of(1, 2, 3) },
  });
});
test.after(() => rmSync(folder, { recursive: true }));

const OF_EACH = ["", ".mode1.up", ".mode1.down", ".mode2.up", ".mode2.down", ".replica0", ".replica1"];

test("simulation to data and back: every column of the file is kept, and y is where it began", async () => {
  const ran = await apply(
    "--events",
    simulation,
    "--process-column",
    "process",
    "--out",
    at("data-like.npz"),
    "--json",
  );
  assert.is(ran.code, 0, ran.error);
  const report = JSON.parse(ran.out);
  const columns = OF_EACH.map((variation) => `y.data${variation}`);
  assert.equal(report.columns, ["y.data", "log_det", ...columns.slice(1)]);
  const results = JSON.parse(readFileSync(at("out/results.json"), "utf8"));
  const { estimate, modes } = results.fits.profiled;
  assert.equal(report.nu, estimate);
  const [before, after] = [await readNpz(simulation), await readNpz(at("data-like.npz"))];
  assert.equal([...after.keys()], [...before.keys(), ...report.columns]);
  for (const [name, column] of before) assert.equal(after.get(name), column, name);

  // Odd rows are of process B.
  const ofB = await apply("--events", simulation, "--process", "B", "--out", at("of-b.npz"));
  assert.is(ofB.code, 0, ofB.error);
  const nominalOfB = numbers(await readNpz(at("of-b.npz")), "y.data");
  const differs = numbers(after, "y.data").map((value, i) => Number(Math.abs(value - nominalOfB[i]!) > 1e-9));
  assert.equal(
    [...differs],
    Array.from({ length: 2 * COUNT }, (_, i) => 1 - (Math.floor(i / 2) % 2)),
  );

  // Each variation of the map at its own point, and back from there.
  const y = numbers(before, "y");
  const up = estimate.map((value: number, k: number) => value + modes[0].sigma * modes[0].direction[k]);
  const trips = [
    ["y.data", estimate],
    ["y.data.mode1.up", up],
  ] as const;
  for (const [name, nu] of trips) {
    const there = { ...Object.fromEntries(before), y: after.get(name)! };
    await writeNpz(at("there.npz"), there);
    const words = ["--direction", "to-simulation", "--process-column", "process", "--nu", nu.join(",")];
    const back = await apply("--events", at("there.npz"), ...words, "--out", at("back.npz"));
    assert.is(back.code, 0, back.error);
    close(numbers(await readNpz(at("back.npz")), "y.simulation"), y, { absolute: 1e-9, relative: 1e-9 }, name);
    assert.ok(Math.max(...numbers(after, name).map((value, i) => Math.abs(value - y[i]!))) > 0.01);
  }
  for (const name of columns.slice(1)) {
    const nominal = numbers(after, "y.data");
    assert.ok(Math.max(...numbers(after, name).map((value, i) => Math.abs(value - nominal[i]!))) > 1e-6, name);
  }
});

test("data to simulation: the maps of all processes with probabilities, or of the one named", async () => {
  const data = at("out/data.npz");
  const words = ["--events", data, "--direction", "to-simulation"];
  const both = await apply(...words, "--out", at("both.npz"));
  assert.is(both.code, 0, both.error);
  assert.match(
    both.out,
    /400 events to-simulation at shift = .*, squeeze = .*: y\.A, y\.B, log_det\.A, .* 6 variations of y \(2 of them replicas\)/,
  );
  const all = await readNpz(at("both.npz"));
  const [ofA, ofB] = ["probability.A", "probability.B"].map((name) => numbers(all, name));
  close(
    ofA!.map((p, i) => p + ofB![i]!),
    new Float64Array(400).fill(1),
    { absolute: 1e-12, relative: 0 },
    "probabilities",
  );
  // A is on the left and B on the right.
  const { data: x } = (await readNpz(data)).get("x")!;
  const mean = (side: (x1: number) => boolean) => {
    const chosen = [...ofA!].filter((_, i) => side(Number(x[2 * i])));
    return chosen.reduce((sum, p) => sum + p, 0) / chosen.length;
  };
  assert.ok(mean((x1) => x1 < -1) > 0.7 && mean((x1) => x1 > 1) < 0.3);
  const one = await apply(...words, "--process", "B", "--out", at("one.safetensors"), "--precision", "f32");
  assert.is(one.code, 0, one.error);
  const { tensors } = await readSafetensors(at("one.safetensors"));
  assert.not.ok([...tensors.keys()].some((name) => name.startsWith("probability")));
  for (const variation of OF_EACH) {
    const found = tensors.get(`y.simulation${variation}`)!;
    assert.ok(found.data instanceof Float32Array);
    close(found.data, numbers(all, `y.B${variation}`), { absolute: 1e-3, relative: 1e-3 }, variation);
  }
  close(numbers(tensors, "log_det"), numbers(all, "log_det.B"), { absolute: 1e-3, relative: 1e-3 }, "log_det");
});

test("csv in, events far away counted aloud, nu by hand", async () => {
  const columns = ["--set", "observables.x.columns=[a, b]", "--set", "observables.y.columns=[c, d]"];
  writeFileSync(at("events.csv"), "a,b,c,d,e\n0,0,0.5,-0.5,7\n0.1,0.2,500,0,8\n");
  const words = ["--events", at("events.csv"), "--process", "A", "--nu", "squeeze=0.1", "--out", at("csv.npz")];
  const { code, error, out } = await apply(...words, ...columns);
  assert.is(code, 0, error);
  assert.match(out, /at shift = 0\.00000, squeeze = 0\.100000: y\.data, /);
  assert.match(
    error,
    /warning: 1 of 2 events \(50%\) have a y outside the range in which the splines of T bend: T continues them/,
  );
  const found = await readNpz(at("csv.npz"));
  assert.equal([...numbers(found, "e")], [7, 8]);
  assert.equal(found.get("y.data")!.shape, [2, 2]);
});

test("events that T has no numbers for are named, and written with all others: exit code 4; sentinels are a warning", async () => {
  const { x, y } = Object.fromEntries(await readNpz(simulation)) as Record<string, NamedArray>;
  const [farX, missingY] = [Float64Array.from(x!.data as Float64Array), Float64Array.from(y!.data as Float64Array)];
  farX[2 * 7] = 1e308;
  for (const row of [20, 30, 40]) missingY[2 * row + 1] = -999;
  await writeNpz(at("far.npz"), { x: { ...x!, data: farX }, y: { ...y!, data: missingY } });
  const words = ["--events", at("far.npz"), "--process", "A", "--out", at("far-mapped.npz"), "--json"];
  const { out, error, code } = await apply(...words);
  assert.is(code, 4, error);
  assert.match(
    error,
    /far\.npz: T gives no finite numbers for 1 of 120 events \(row 7, counted from 0\): they lie too far/,
  );
  assert.match(
    error,
    /3 of 120 events \(rows 20, 30 and 40, counted from 0\) have y\[1\] = -999 exactly, while simulated events lie/,
  );
  assert.equal(
    JSON.parse(out).verdicts.map(({ check, rows }: { check: string; rows: number[] }) => [check, rows]),
    [["finite", [7]]],
  );
  const mapped = numbers(await readNpz(at("far-mapped.npz")), "y.data");
  assert.is(mapped.length, 2 * COUNT);
  assert.equal(
    [...new Set([...mapped].flatMap((value, i) => (Number.isFinite(value) ? [] : [Math.floor(i / 2)])))],
    [7],
  );
});

test("csv in and out: processes by name, words and identifiers kept, and all digits", async () => {
  const columns = ["--set", "observables.x.columns=[a, b]", "--set", "observables.y.columns=[c, d]"];
  const rows = ["0,0,0.5,-0.5,B,9007199254740993,good", "0.1,0.2,-0.3,0.7,A,5,", '-1,0.3,1,0.2,"B",6,"so, so"'];
  writeFileSync(at("named.csv"), `a,b,c,d,kind,id,note\n${rows.join("\n")}\n`);
  const words = ["--events", at("named.csv"), "--process-column", "kind", "--nu", "0.5,-0.5"];
  const ran = await apply(...words, ...columns, "--out", at("mapped.csv"));
  assert.is(ran.code, 0, ran.error);
  const lines = readFileSync(at("mapped.csv"), "utf8").trimEnd().split("\n");
  assert.match(lines[0]!, /^a,b,c,d,kind,id,note,y\.data\[0\],y\.data\[1\],log_det,y\.data\.mode1\.up\[0\],/);
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
  const [text, doubles] = [
    await readEvents(at("mapped.csv"), ["y.data[0]", "y.data[1]", "log_det"]),
    await readEvents(at("numbered.npz")),
  ];
  assert.equal(requireColumn(text, ["y.data[0]", "y.data[1]"]).data, doubles.columns.get("y.data")!.data);
  assert.equal(text.columns.get("log_det")!.data, doubles.columns.get("log_det")!.data);

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
    ["mapped.csv", "kind", "no.csv", /mapped\.csv: expected no column "y\.data\[0\]", which apply adds, got one/],
  ];
  for (const [events, column, out, message] of refusals) {
    const given = ["--events", at(events), "--process-column", column, "--nu", "0,0", "--out", at(out)];
    const { code, error } = await apply(...given, ...columns);
    assert.is(code, 2, error);
    assert.match(error, message);
    assert.not.ok(existsSync(at(out)));
  }
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
        assert.match(ran.out, /(^|\n)0 events to-/);
        const { count, columns: found } = await readEvents(at(out));
        assert.is(count, 0);
        assert.ok([...found.keys()].some((name) => name.startsWith("id")));
        assert.ok(
          [...found.keys()].some((name) => /^y\.(data|A)/.test(name)),
          [...found.keys()].join(),
        );
      }
    }
  }
  const written = await readNpz(at("no-events-out.npz"));
  assert.equal([written.get("y.A")!.shape, written.get("log_det.B")!.shape], [[0, 2], [0]]);
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
  assert.match(ran.error, /words\.npz: run, config: no numbers, so not in .*words-out\.npz\. A csv file keeps words/);
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

test("--run names the folder of a run that had an --out of its own", async () => {
  mkdirSync(at("elsewhere"));
  const names = ["model.safetensors", "replicas.safetensors", "results.json", "data.npz"];
  for (const name of names) copyFileSync(at(`out/${name}`), at(`elsewhere/${name}`));
  const moved = ["--set", "output=nowhere"];
  const there = ["--run", at("elsewhere")];
  const words = ["--events", simulation, "--process", "A"];
  const lost = await apply(...words, ...moved, "--out", at("lost.npz"));
  assert.is(lost.code, 2);
  assert.match(
    lost.error,
    /expected a trained model, .*nowhere.*, got no such file\. Make it .*, or name the folder of the run with --run/,
  );
  const verbs: readonly (readonly [string, readonly string[], string])[] = [
    ["apply", words, "found.npz"],
    ["evaluate", ["--nu", "0.1,0.2"], "found-log-prob.npz"],
  ];
  for (const [verb, own, out] of verbs) {
    await good([verb, file, ...own, "--threads", "1", "--out", at(`own-${out}`)]);
    await good([verb, file, ...own, ...moved, ...there, "--threads", "1", "--out", at(out)]);
    assert.equal(readFileSync(at(out)), readFileSync(at(`own-${out}`)), verb);
  }
  await good(["export", file, ...moved, ...there, "--out", at("found")]);
  assert.equal(readFileSync(at("found/model.safetensors")), readFileSync(at("out/model.safetensors")));
  await good([
    "hessian",
    file,
    "--nu",
    "0,0",
    "--head",
    "50",
    ...moved,
    ...there,
    "--threads",
    "1",
    "--out",
    at("hessian"),
  ]);
  assert.ok(existsSync(at("hessian/hessian.json")));
});

test("replicas and data of other runs, and damaged data, are refused by name", async () => {
  cpSync(at("out"), at("mixed"), { recursive: true });
  const there = ["--run", at("mixed"), "--set", "output=nowhere"];
  const ofT = ["--events", simulation, "--process", "A", ...there, "--out", at("no.npz")];
  const { tensors } = await readSafetensors(at("mixed/replicas.safetensors"));
  await writeSealed(
    at("mixed/replicas.safetensors"),
    new Map([...tensors].filter(([name]) => name.startsWith("0."))),
    {},
  );
  for (const words of [
    ["apply", file, ...ofT, "--threads", "1"],
    ["export", file, ...there, "--out", at("no")],
  ]) {
    const { code, error } = await runInProcess(words);
    assert.is(code, 2);
    assert.match(
      error,
      /mixed\/replicas\.safetensors: expected the file that .*results\.json was made with, .* got another/,
    );
  }
  // The time of the first member, which no checksum of zip holds.
  const data = readFileSync(at("mixed/data.npz"));
  data[10]! ^= 4;
  writeFileSync(at("mixed/data.npz"), data);
  const { code, error } = await command(["evaluate", file, ...there, "--out", at("no.npz")]);
  assert.is(code, 2);
  assert.match(error, /mixed\/data\.npz: expected the file that .*results\.json was made with/);
  assert.not.ok(existsSync(at("no")) || existsSync(at("no.npz")));
});

/** What stands in the test's folder and the export's parent. */
const listed = () => readdirSync(folder).sort();

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
      /unbinned apply: expected --out FILE for the columns, one of \.npz, \.safetensors, \.csv, got no --out/,
    ],
    [["--events", simulation, "--out", at("refused.root")], /expected --out FILE .*, got --out .*refused\.root/],
    [
      ["--events", simulation, "--out", at("refused.csv")],
      /column "title": expected a column of 120 events, .* got an array \[3\]\. Write \.npz or \.safetensors, or apply/,
    ],
    [
      ["--events", at("a.root"), "--out", at("refused.npz")],
      /expected --events FILE .*, one of \.npz, .* got --events .*a\.root/,
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

test("without a fit it takes --nu; of x alone, of another fit and of damaged files it makes nothing", async () => {
  mkdirSync(at("unfitted"));
  copyFileSync(at("out/model.safetensors"), at("unfitted/model.safetensors"));
  const words = ["--events", simulation, "--process", "A", "--out", at("unfitted.npz"), "--set", "output=unfitted"];
  const none = await apply(...words);
  assert.is(none.code, 2);
  assert.match(
    none.error,
    /unfitted: expected the fit that `run`, or `fit --out`, leaves there, got none\. Fit, or say/,
  );
  const noExport = await runInProcess(["export", file, "--out", at("exported"), "--set", "output=unfitted"]);
  assert.is(noExport.code, 2);
  assert.match(noExport.error, /unfitted: expected the fit that .* got none\. Make it with `unbinned run /);
  const there = await apply(...words, "--nu", "0.5,-0.5");
  assert.is(there.code, 0, there.error);
  assert.match(there.error, /warning: no fit is there: no variations along its modes/);
  assert.match(there.out, /: y\.data, log_det, with 0 variations of y/);

  const results = readFileSync(at("out/results.json"), "utf8");
  const refusals: readonly (readonly [string, string, RegExp])[] = [
    ["fit.json", "{", /fit\.json: expected the JSON that `run` and `fit` write, got a file that cannot be read/],
    ["fit.json", "{}", /fit\.json: expected a fit of shift, squeeze, with its estimate and modes, got one of nothing/],
    [
      "results.json",
      results.replaceAll('"squeeze"', '"tilt"'),
      /results\.json: expected a fit of .* got one of shift, tilt/,
    ],
    [
      "results.json",
      results.replace(/"result": ".*"/, '"result": "none"'),
      /results\.json: expected a fit .* got one of nothing/,
    ],
  ];
  for (const [name, content, message] of refusals) {
    writeFileSync(at(`unfitted/${name}`), content);
    const { code, error } = await apply(...words);
    assert.is(code, 2);
    assert.match(error, message);
  }
  copyFileSync(at("out/results.json"), at("unfitted/results.json"));
  writeFileSync(at("unfitted/replicas.safetensors"), readFileSync(at("out/replicas.safetensors")).subarray(0, -8));
  assert.match((await apply(...words)).error, /replicas\.safetensors: expected .* truncated or corrupt/);
  const ofX = await apply(...words, "--set", "likelihood.observables=[x]", "--set", "output=of-x");
  assert.match(ofX.error, /expected a trained model, .*of-x/);
});

test("Ctrl-C leaves no file", async () => {
  const before = listed();
  const controller = new AbortController();
  const ran = await runInProcess(
    ["apply", file, "--events", simulation, "--process", "A", "--out", at("stopped.npz")],
    { signal: controller.signal, isTerminal: true, onText: (text) => text.includes("apply: ") && controller.abort() },
  );
  assert.is(ran.code, 130);
  assert.equal(listed(), before);
});

test("an exported folder is checked by sha256sum, and does what the analysis does", async () => {
  const out = at("exported");
  const ran = await good(["export", file, "--out", out]);
  assert.match(
    ran.out,
    /exported: analysis\.yaml, model\.safetensors, replicas\.safetensors, fit\.json, checksums\.txt\. It holds no data/,
  );
  assert.equal(readdirSync(out).sort(), [
    "analysis.yaml",
    "checksums.txt",
    "fit.json",
    "model.safetensors",
    "replicas.safetensors",
  ]);
  if (process.platform === "linux") {
    const checked = spawnSync("sha256sum", ["-c", "checksums.txt"], { cwd: out, encoding: "utf8" });
    assert.is(checked.status, 0, checked.stderr);
    assert.match(checked.stdout, /^analysis\.yaml: OK$/m);
  }
  const own = join(out, "analysis.yaml");
  // Written for people: no anchors.
  assert.not.match(readFileSync(own, "utf8"), /: [&*]/);
  const there = loadAnalysis(own).configuration;
  assert.equal(there, { ...loadAnalysis(file).configuration, output: "." });
  const fitted = JSON.parse(readFileSync(join(out, "fit.json"), "utf8"));
  assert.match(fitted.version, /^\d+\.\d+\.\d+/);
  assert.is(fitted.covariance.length, 2);

  const words = ["--events", simulation, "--process-column", "process", "--threads", "1"];
  await good(["apply", file, ...words, "--out", at("from-run.npz")]);
  await good(["apply", own, ...words, "--out", at("from-export.npz")]);
  assert.equal(readFileSync(at("from-export.npz")), readFileSync(at("from-run.npz")));
  const data = ["--events", at("out/data.npz"), "--nu", "0.1,0.2", "--threads", "1"];
  await good(["evaluate", file, "--nu", "0.1,0.2", "--threads", "1", "--out", at("run-log-prob.npz")]);
  await good(["evaluate", own, ...data, "--out", at("export-log-prob.npz")]);
  assert.equal(readFileSync(at("export-log-prob.npz")), readFileSync(at("run-log-prob.npz")));
  const again = await runInProcess(["export", own, "--out", at("twice")]);
  assert.is(again.code, 0, again.error);
  assert.equal(readFileSync(at("twice/model.safetensors")), readFileSync(at("out/model.safetensors")));
});

test("an exported folder without data says so; a changed one is refused", async () => {
  const own = at("exported/analysis.yaml");
  const bare = await runInProcess(["evaluate", own, "--nu", "0,0", "--out", at("none.npz")]);
  assert.is(bare.code, 2);
  assert.match(
    bare.error,
    /expected a file of events, as an exported folder holds no data, got none\. Name it with --events/,
  );
  const words = ["apply", own, "--events", simulation, "--process", "A", "--out", at("none.npz")];
  for (const [name, change] of [
    ["fit.json", (text: string) => text.replace("converged", "Converged")],
    ["analysis.yaml", (text: string) => text.replace("seed: 1", "seed: 2")],
  ] as const) {
    const whole = readFileSync(at(`exported/${name}`), "utf8");
    assert.is.not(change(whole), whole);
    writeFileSync(at(`exported/${name}`), change(whole));
    for (const verb of [words, ["evaluate", own, "--events", at("out/data.npz"), "--out", at("none.npz")]]) {
      const { code, error } = await runInProcess(verb);
      assert.is(code, 2);
      assert.match(
        error,
        new RegExp(`exported/${name}: expected the file that was exported, sha256 .*, got one that was changed since`),
      );
    }
    writeFileSync(at(`exported/${name}`), whole);
  }
  const replicas = readFileSync(at("exported/replicas.safetensors"));
  rmSync(at("exported/replicas.safetensors"));
  assert.match(
    (await runInProcess(words)).error,
    /replicas\.safetensors: expected the file that was exported, .* got no such file/,
  );
  writeFileSync(at("exported/replicas.safetensors"), replicas);
  assert.not.ok(existsSync(at("none.npz")));
});

test("export replaces an earlier export with --force and nothing else, and leaves nothing half-written", async () => {
  const before = listed();
  const again = await runInProcess(["export", file, "--out", at("exported")]);
  assert.is(again.code, 2);
  assert.match(again.error, /exported: expected no such folder yet, got one\. --force replaces an earlier export/);
  writeFileSync(at("exported/notes.txt"), "dear");
  const withNotes = await runInProcess(["export", file, "--out", at("exported"), "--force"]);
  assert.is(withNotes.code, 2);
  assert.match(
    withNotes.error,
    /exported: expected no such folder yet, or an earlier export, got one with a file notes\.txt, which was not exported\. Choose/,
  );
  assert.is(readFileSync(at("exported/notes.txt"), "utf8"), "dear");
  rmSync(at("exported/notes.txt"));
  await good(["export", file, "--out", at("exported"), "--force", "--set", "name=Again"]);
  assert.match(readFileSync(at("exported/analysis.yaml"), "utf8"), /^name: Again$/m);
  const foreign = await runInProcess(["export", file, "--out", at("out"), "--force"]);
  assert.is(foreign.code, 2);
  assert.match(foreign.error, /out: expected no such folder yet, or an earlier export, got something else/);
  const nowhere = await runInProcess(["export", file]);
  assert.match(nowhere.error, /unbinned export: expected --out FOLDER for the export, got no --out/);
  const stopped = await runInProcess(["export", file, "--out", at("stopped")], { signal: AbortSignal.abort() });
  assert.is(stopped.code, 130);
  assert.equal(listed(), before);
});

test("a result takes the place of nothing that it is computed from, by whatever name", async () => {
  const [events, other, hard] = [at("spared.npz"), at("other-name.npz"), at("hard.npz")];
  copyFileSync(simulation, events);
  symlinkSync(events, other);
  linkSync(at("out/data.npz"), hard);
  const kept = ["out/model.safetensors", "out/replicas.safetensors", "out/data.npz", "out/arrays.npz", "spared.npz"];
  const bytes = () => kept.map((name) => readFileSync(at(name)));
  const before = bytes();
  for (const out of [...kept.slice(0, 4).map(at), hard]) {
    const { code, error } = await apply("--events", events, "--process", "A", "--out", out);
    assert.is(code, 2, error);
    assert.match(
      error,
      /--out: expected a file of its own for the results, got .*, which belongs to the analysis or its run/,
    );
  }
  for (const out of [events, other]) {
    const { code, error } = await apply("--events", events, "--process", "A", "--out", out);
    assert.is(code, 2);
    assert.match(error, /expected --out to be another file than --events/);
    assert.match((await command(["evaluate", file, "--events", events, "--out", out])).error, /a file of its own/);
  }
  assert.match((await command(["evaluate", file, "--out", at("out/data.npz")])).error, /a file of its own/);
  assert.equal(bytes(), before);
});

test.run();
