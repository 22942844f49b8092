import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readTable, writeTable } from "../../../io/columns.js";
import { readNpz } from "../../../io/index.js";
import { readFooter } from "../../../io/parquet/footer.js";
import { withFile } from "../../../io/source.js";
import { runInProcess as run } from "../../cli/in-process.js";
import { file, folder, jointAnswer, json, removeAnalyses, writeAnalyses } from "../../cli/likelihood-analyses.js";
import { close } from "../../support/close.js";
import { referenceFile, referenceTest } from "../../support/reference.js";

test.before(writeAnalyses);
test.after(removeAnalyses);

const published = fileURLToPath(new URL("../../../../examples/doi-toy/published.yaml", import.meta.url));

const exact = { absolute: 1e-11, relative: 1e-11 };

test("evaluate writes the log density of every event", async () => {
  for (const backend of ["cpu", "reference"]) {
    const out = join(folder, `evaluated-${backend}.npz`);
    const { result } = await json("evaluate", "--nu", "0,0", "--out", out, "--backend", backend);
    const arrays = await readNpz(out);
    const logProb = arrays.get("log_prob")!;
    assert.equal(logProb.shape, [30]);
    assert.instance(logProb.data, Float64Array);
    close(logProb.data as Float64Array, jointAnswer.logProb.data, exact, backend);
    assert.equal(result.nu, [0, 0]);
    assert.is(result.file, out);
  }
});

test("evaluate reads events from Parquet and writes its densities there, to the same bits", async () => {
  const [events, out] = [join(folder, "events.parquet"), join(folder, "densities.parquet")];
  await writeTable(events, (await readTable(join(folder, "data.npz"))).columns);
  // A column of two features is two columns there.
  const set = ["--set", `data.file=${events}`, "--set", 'observables.y.columns=["y[0]","y[1]"]'];
  await json("evaluate", "--nu", "0,0", "--out", out, ...set);
  const [logProb] = [(await readTable(out)).columns.get("log_prob")!];
  assert.ok("data" in logProb);
  close(logProb.data as Float64Array, jointAnswer.logProb.data, exact);
  const { texts } = await withFile(out, readFooter);
  assert.equal(JSON.parse(texts.get("unbinned.nu")!), { nu1: 0, nu2: 0 });
});

test("evaluate --head keeps the first events", async () => {
  const out = join(folder, "head.npz");
  const { result } = await json("evaluate", "--nu", "nu2=0", "--head", "7", "--out", out);
  const { data } = (await readNpz(out)).get("log_prob")!;
  close(data as Float64Array, jointAnswer.logProb.data.slice(0, 7), exact);
  assert.is(result.events, 7);
});

test("wrong input is refused with what to do", async () => {
  const out = ["--out", join(folder, "never.npz")];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["evaluate", file, "--nu", "0,0"],
      /unbinned evaluate: expected --out FILE\.npz or FILE\.parquet for the log-densities, got no --out/,
    ],
    [["evaluate", file, "--nu", "0", ...out], /--nu: expected 2 values \(nu1, nu2\), got 1 \(0\)/],
    [["evaluate", file, "--nu", "0,0", ...out, "--set", "data.file=no-y.npz"], /no-y\.npz: expected a column "y"/],
    [["evaluate", file, "--nu", "0,0", ...out, "--set", "data.file=nan.npz"], /nan\.npz, column "x": expected .* NaN/],
    [["evaluate", file, "--nu", "0,0", ...out, "--set", "data.file=wide.npz"], /expected 1 feature, got 2 features/],
    [["evaluate", file, "--nu", "0,0", ...out, "--set", "data.file=none.npz"], /none\.npz, got no such file/],
    [["evaluate", file, "--nu", "0,0", "--out", join(file, "x.npz")], /expected a folder that can be written/],
  ];
  for (const [words, message] of cases) {
    const { code, error } = await run(words);
    assert.ok(code === 1 || code === 2, words.join(" "));
    assert.match(error, message);
  }
});

referenceTest("the published example evaluates to the published log densities", async () => {
  const out = join(folder, "published.npz");
  const data = ["model.file=doi-toy/models/mixture_step1.pt", "data.file=doi-toy/events.npz"].flatMap((setting) => {
    const [key, name] = setting.split("=") as [string, string];
    return ["--set", `${key}=${referenceFile(name)}`];
  });
  const golden = await readNpz(referenceFile("doi-toy/golden.npz"), ["nu", "step1/log_prob/1"]);
  const nu = Array.from(golden.get("nu")!.data as Float64Array).slice(2, 4);
  const { code, error } = await run(["evaluate", published, ...data, "--nu", nu.join(), "--head", "100", "--out", out]);
  assert.is(code, 0, error);
  const got = (await readNpz(out)).get("log_prob")!.data as Float64Array;
  const wanted = (golden.get("step1/log_prob/1")!.data as Float64Array).slice(0, 100);
  close(got, wanted, { absolute: 1e-9, relative: 0 });
});

referenceTest(
  "what a published file does not hold can be set: another least slope or activation moves log p",
  async () => {
    const data = ["model.file=doi-toy/models/mixture_step1.pt", "data.file=doi-toy/events.npz"].flatMap((setting) => {
      const [key, name] = setting.split("=") as [string, string];
      return ["--set", `${key}=${referenceFile(name)}`];
    });
    const evaluated = async (...settings: string[]) => {
      const out = join(folder, "settings.npz");
      const words = ["evaluate", published, ...data, ...settings, "--nu", "0,0", "--head", "100", "--out", out];
      const { code, error } = await run(words);
      assert.is(code, 0, error);
      return (await readNpz(out)).get("log_prob")!.data as Float64Array;
    };
    const plain = await evaluated();
    const off = (other: Float64Array) => Math.max(...plain.map((value, i) => Math.abs(value - other[i]!)));
    assert.is(off(await evaluated("--set", "model.leastSlope=0.001", "--set", "model.activation=relu")), 0);
    assert.ok(off(await evaluated("--set", "model.leastSlope=0.0001")) > 1e-3);
    assert.ok(off(await evaluated("--set", "model.activation=elu")) > 0.1);
  },
);

test("the published example says what to download", async () => {
  const missing = ["--set", "model.file=gone.pt", "--set", "data.file=gone.npz"];
  const { code, error } = await run(["hessian", published, ...missing]);
  assert.is(code, 2);
  assert.match(error, /gone\.pt, got no such file\. Download it from doi:10\.5281\/zenodo\.21058119/);
});

test.run();
