import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readTable, writeTable } from "../../../io/columns.js";
import type { CsvColumn } from "../../../io/csv/csv.js";
import { type NamedArray, readNpz, readSafetensors, writeNpz } from "../../../io/index.js";
import { readFooter } from "../../../io/parquet/footer.js";
import { withFile } from "../../../io/source.js";
import { apply, at, COUNT, file, good, listed, numbers, removeRun, runToy, simulation } from "../../cli/applied-run.js";
import { runInProcess } from "../../cli/in-process.js";
import { close } from "../../support/close.js";

test.before(runToy);
test.after(removeRun);

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
  assert.match(
    ran.error,
    /^unbinned: warning: .*results\.json: checks failed \(.*training.*\), so that the results there/m,
  );
  const columns = OF_EACH.map((variation) => `y.data${variation}`);
  assert.equal(report.columns, ["y.data", "log_det", ...columns.slice(1)]);
  assert.is(report.errorsOfT.statistical, true);
  assert.is(report.errorsOfT.nuisances, true);
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
    /400 events mapped to-simulation at shift = .*, squeeze = .*: y\.A, y\.B, log_det\.A, .* 6 variations of y \(2 of them replicas\)/,
  );
  const all = await readNpz(at("both.npz"));
  const [ofA, ofB] = ["probability.A", "probability.B"].map((name) => numbers(all, name));
  close(
    ofA!.map((p, i) => p + ofB![i]!),
    new Float64Array(400).fill(1),
    { absolute: 1e-12, relative: 0 },
    "probabilities",
  );
  // A is on the left and B on the right: of trainings of two epochs some 0.70 and 0.25, where 0.5 would be no knowledge.
  const { data: x } = (await readNpz(data)).get("x")!;
  const mean = (side: (x1: number) => boolean) => {
    const chosen = [...ofA!].filter((_, i) => side(Number(x[2 * i])));
    return chosen.reduce((sum, p) => sum + p, 0) / chosen.length;
  };
  assert.ok(mean((x1) => x1 < -1) > 0.6 && mean((x1) => x1 > 1) < 0.4);
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
  assert.match(
    out,
    /at shift = 0\.00000, squeeze = 0\.100000 \(--nu\), simulation made at shift = 0\.00000, squeeze = 0\.00000: c\.data, d\.data, /,
  );
  assert.match(
    error,
    /warning: 1 of 2 events \(50%\) have a y outside the range of the splines of T: T is linear there, which no data support$/m,
  );
  const found = await readNpz(at("csv.npz"));
  assert.equal([...numbers(found, "e")], [7, 8]);
  assert.equal(found.get("d.data")!.shape, [2]);
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

test("warns that the variations of a run without replicas are no whole error, and says what is missing", async () => {
  mkdirSync(at("alone"));
  copyFileSync(at("out/model.safetensors"), at("alone/model.safetensors"));
  const words = ["--events", simulation, "--process", "A", "--nu", "0,0", "--run", at("alone")];
  const { code, error, out } = await apply(...words, "--out", at("alone.npz"), "--json");
  assert.is(code, 0, error);
  assert.match(
    error,
    /alone\.npz: the columns of variations are no whole error\. Errors of T lack the statistical error of T/,
  );
  assert.is(JSON.parse(out).errorsOfT.statistical, false);
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

test("a Parquet file keeps the types of all columns, and says what made it", async () => {
  const events = at("typed.parquet");
  const contents = await readTable(simulation);
  const count = (contents.columns.get("x") as NamedArray).shape[0]!;
  const columns = [...contents.columns].filter(([, column]) => "data" in column && column.shape[0] === count);
  const numbered = { shape: [count], data: BigInt64Array.from({ length: count }, (_, i) => 2n ** 62n + BigInt(i)) };
  const words = Array.from({ length: count }, (_, i) => `event ${i}`);
  await writeTable(events, new Map<string, CsvColumn>([...columns, ["event", numbered], ["name", words]]));
  const before = (await readTable(events)).columns;
  const out = at("typed-out.parquet");
  // A column of two features is two columns there.
  const set = ["x", "y"].flatMap((of) => ["--set", `observables.${of}.columns=["${of}[0]","${of}[1]"]`]);
  const ran = await apply("--events", events, "--process", "B", "--out", out, "--nu", "0.5,0.25", ...set, "--json");
  assert.is(ran.code, 0, ran.error);
  const after = (await readTable(out)).columns;
  for (const [name, column] of before) assert.equal(after.get(name), column, name);
  const { texts } = await withFile(out, readFooter);
  assert.equal(Object.values(JSON.parse(texts.get("unbinned.nu")!)), [0.5, 0.25]);
  assert.equal(Object.keys(JSON.parse(texts.get("unbinned.nu")!)), JSON.parse(ran.out).names);
  assert.is(texts.get("unbinned.nuFrom"), "--nu");
  assert.is(texts.get("unbinned.direction"), "to-data");
  const model = createHash("sha256")
    .update(readFileSync(at("out/model.safetensors")))
    .digest("hex");
  assert.equal(JSON.parse(texts.get("unbinned.model")!), { "model.safetensors": model });
});

test.run();
