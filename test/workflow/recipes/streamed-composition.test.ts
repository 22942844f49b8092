/** A run whose events are read again for every evaluation, beside one that keeps them: the same results. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeTable } from "../../../io/columns.js";
import { unbinned } from "../../cli/child-process.js";
import { close } from "../../support/close.js";
import { compositionFiles, EVENTS, type Files } from "../composition-sample.js";

let files: Files;
test.before(async () => {
  files = await compositionFiles();
  const { data } = EVENTS;
  for (const [part, from] of [0, 400, 800].entries()) {
    const own = data.slice(from, [400, 800, 1300][part]);
    const columns = { m: own, t: own.map((_, i) => ((i * 0.618) % 1) - 0.5), w: own.map((_, i) => 0.5 + (i % 2)) };
    await writeTable(
      join(files.folder, `events${part}.parquet`),
      new Map(
        Object.entries(columns).map(([name, values]) => [
          name,
          { shape: [own.length], data: Float64Array.from(values) },
        ]),
      ),
    );
  }
});
test.after(() => files.remove());

/** A peak that is conditional on t, weights, and projections of columns with and without ends. */
const MODEL = `name: Streamed
columns: { m: { range: [100, 180] }, t: {} }
samples: { data: { file: "events*.parquet", weight: w } }
parameters:
  nsig: 200
  nbkg: 1000
  mean: { start: 125, constraint: { normal: { observed: 125, sigma: 2 } } }
  slope: 0.02
  width: 0.3
functions: { centre: { expression: "mean + 0.1 * t" } }
densities:
  peak: { gaussian: { x: m, mean: centre, sigma: 2 } }
  falling: { exponential: { x: m, c: slope } }
  spectrum: { mixture: { peak: nsig, falling: nbkg } }
  times: { gaussian: { x: t, mean: 0, sigma: width } }
likelihoods:
  masses: { density: spectrum, sample: data }
  times: { density: times, sample: data, extended: false }
scan: { parameters: [nsig], points: 3 }
impacts: { parameters: [nsig] }
report: { bins: 10 }
`;

/** Numbers by their place, other than times of day. */
function numbersIn(tree: unknown, path = ""): Map<string, number> {
  if (typeof tree === "number") return new Map([[path, tree]]);
  const all = new Map<string, number>();
  for (const [key, own] of Object.entries(Object(tree) as object)) {
    if (typeof own === "string") continue;
    for (const [place, value] of numbersIn(own, `${path}.${key}`)) all.set(place, value);
  }
  return all;
}

async function results(name: string, ...set: string[]) {
  const file = files.write(`${name}.yaml`, MODEL);
  const words = ["run", file, "--backend", "reference", "--set", `output=out-${name}`, ...set];
  const { code, error } = await unbinned(...words);
  assert.is(code, 0, error);
  const { likelihoods } = JSON.parse(readFileSync(join(files.folder, `out-${name}`, "results.json"), "utf8"));
  return { error, found: numbersIn(likelihoods) };
}

test("fits, errors, scans, impacts and projections of a stream are those of its events in memory", async () => {
  const kept = await results("kept");
  const streamed = await results("streamed", "--set", "memory.rows=500");
  assert.match(streamed.error, /1300 events are more than memory\.rows = 500/);
  assert.not.match(kept.error, /memory\.rows/);
  assert.equal([...streamed.found.keys()], [...kept.found.keys()]);
  assert.ok(kept.found.size > 100);
  for (const [place, wanted] of kept.found) {
    // Fits end within 1e-5 of an error of the minimum, along other roundings; projections of conditional densities are drawn.
    close([streamed.found.get(place)!], [wanted], { absolute: 1e-7, relative: 1e-6 }, place);
  }
});

test("toys of a density that is conditional on columns of a stream are refused", async () => {
  const file = files.write("toys.yaml", MODEL);
  const words = [
    "coverage",
    file,
    "--toys",
    "1",
    "--backend",
    "reference",
    "--set",
    "output=out-toys",
    "--set",
    "memory.rows=500",
  ];
  const { code, error } = await unbinned(...words);
  assert.is(code, 2, error);
  assert.match(error, /expected events in memory, for toys of a density that is conditional .* Raise memory\.rows/);
});

test("toys of other densities are drawn in threads as those of events in memory", async () => {
  const toys = MODEL.replace("mean + 0.1 * t", "mean").replace(/^ {2}times: \{ density.*\n/m, "");
  const drawn = async (name: string, ...set: string[]) => {
    const file = files.write(`${name}.yaml`, toys);
    const words = [
      "coverage",
      file,
      "--toys",
      "3",
      "--backend",
      "cpu",
      "--threads",
      "2",
      "--set",
      `output=out-${name}`,
    ];
    const { code, error } = await unbinned(...words, ...set);
    assert.ok(code === 0 || code === 4, error);
    const folder = join(files.folder, `out-${name}`);
    const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((own) =>
      own.endsWith("coverage.json"),
    );
    assert.is(found.length, 1);
    return JSON.parse(readFileSync(join(folder, found[0]!), "utf8")).likelihoods[0].truth as number[];
  };
  const kept = await drawn("toys-kept");
  close(await drawn("toys-streamed", "--set", "memory.rows=500"), kept, { absolute: 1e-7, relative: 1e-5 }, "truth");
});

test.run();
