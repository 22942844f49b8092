/** The published way of the response, from the configuration to the numbers: T responds by one map that acts on the data. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz, writeNpz } from "../../../io/index.js";
import { CONFIGURATION_FILE } from "../../../workflow/store/exported-folder.js";
import { readSavedModel } from "../../../workflow/store/model-files.js";
import { runInProcess } from "../../cli/in-process.js";
import { close } from "../../support/close.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-in-front-"));
test.after(() => rmSync(folder, { recursive: true }));

const TRUTH = { shift: 0.5, squeeze: -0.5 };
const file = join(folder, "toy.yaml");
const out = join(folder, "out");
const training = "{ epochs: 1, batch: 256, learningRate: 0.01 }";
const density = `{ kind: affine, transforms: 2, hidden: [24], training: ${training} }`;
const morph = `{ kind: affine, hidden: [12], training: ${training} }`;
writeFileSync(
  file,
  `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy, events: 120000, heldOut: 0.05 }
data: { generator: doi-toy, events: 1500 }
truth: ${JSON.stringify(TRUTH)}
flows: { x: ${density}, y: ${density} }
morph: { pairs: [[shift, squeeze]], x: ${morph}, y: ${morph} }
transport: { transforms: 1, bins: 4, hidden: [16], training: { epochs: 60, batch: 128, learningRate: 0.005 } }
response: { actsOn: data, events: 5000, hidden: [24], training: { epochs: 3, batch: 128 } }
scan: { nuisances: [shift], pairs: [], points: 3, range: 1 }
impacts: { enabled: false }
fit: { secondStart: 0 }
report: { bins: 8 }
`,
);
const call = (...words: string[]) => runInProcess([...words, "--threads", "1", "--backend", "cpu"]);

test("the toy is measured within its errors, T profiled costs precision, and its training converges (seed 1, false alarm 2e-4)", async () => {
  const { code, error } = await call("run", file, "--out", out);
  assert.is(code, 0, error);
  const { fits, response, trainings } = JSON.parse(readFileSync(join(out, "results.json"), "utf8"));
  assert.equal(response, { actsOn: "data" });
  const { fixed, profiled, xAlone } = fits;
  for (const [k, truth] of Object.values(TRUTH).entries()) {
    const pull = (profiled.estimate[k] - truth) / profiled.sigma[k];
    assert.ok(Math.abs(pull) < 4, `pull of ${profiled.names[k]}: ${pull}`);
    const own = (profiled.ownSigma ?? profiled.sigma)[k];
    // What a T that is free may leave of y is nothing; of what y says with T fixed, the trained response leaves a small part.
    assert.ok(
      own > 1.2 * fixed.sigma[k] && own > 0.85 * xAlone.sigma[k],
      `${own}: ${fixed.sigma[k]}, ${xAlone.sigma[k]}`,
    );
  }
  assert.is(trainings.at(-1).label, "response of T (step 2)");
  assert.is(trainings.at(-1).convergence.status, "converged", trainings.at(-1).convergence.reason);
  const page = readFileSync(join(out, "report.html"), "utf8");
  assert.match(page, "T responds by one trained map, which acts on the data in front of T (arXiv:2602.13184;");
});

test("the saved model says what its response acts on, and its likelihood is that of the run", async () => {
  assert.is((await readSavedModel(out)).response!.actsOn, "data");
  const { out: text, error, code } = await call("fit", file, "--run", out, "--json");
  assert.is(code, 0, error);
  const { fits } = JSON.parse(readFileSync(join(out, "results.json"), "utf8"));
  const { estimate, nll } = JSON.parse(text);
  assert.ok(Math.abs(nll - fits.profiled.nll) < 1e-3, `${nll}, ${fits.profiled.nll}`);
  for (const [k, value] of estimate.entries()) {
    assert.ok(Math.abs(value - fits.profiled.estimate[k]) < 0.02 * fits.profiled.sigma[k], `${value}`);
  }
});

test("a configuration that asks for the other way refuses the model", async () => {
  const { code, error } = await call("fit", file, "--run", out, "--set", "response.actsOn=simulation");
  assert.is(code, 2, error);
  const refused =
    /expected response\.actsOn = simulation, as .* asks for, got weights of another architecture, response\.actsOn = data\./;
  assert.match(error, refused);
});

test("export keeps it: apply gives the same there, and the way back to simulation is the way there reversed", async () => {
  const exported = join(folder, "map");
  const { code, error } = await runInProcess(["export", file, "--run", out, "--out", exported]);
  assert.is(code, 0, error);
  const [x, y] = [Float64Array.of(-0.5, 0.2, 0.7, -0.3, 0.1, 0.1), Float64Array.of(0.3, -1.1, -0.4, -0.9, 1.2, -2)];
  const sample = join(folder, "simulated.npz");
  const write = (ofY: Float64Array) =>
    writeNpz(sample, { x: { shape: [3, 2], data: x }, y: { shape: [3, 2], data: ofY } });
  const apply = async (where: readonly string[], direction: "to-data" | "to-simulation") => {
    const mapped = join(folder, "mapped.npz");
    const words = ["--events", sample, "--process", "A", "--direction", direction, "--nu", "0.6,-0.4", "--out", mapped];
    const applied = await call("apply", ...where, ...words);
    assert.is(applied.code, 0, applied.error);
    const found = (await readNpz(mapped)).get(direction === "to-data" ? "y.data" : "y.simulation")!;
    return Float64Array.from(found.data as Float64Array);
  };
  await write(y);
  const data = await apply([file, "--run", out], "to-data");
  const there = [join(exported, CONFIGURATION_FILE)];
  assert.equal(await apply(there, "to-data"), data);
  assert.ok(Math.max(...data.map((value, i) => Math.abs(value - y[i]!))) > 0.1);
  await write(data);
  close(await apply(there, "to-simulation"), y, { absolute: 1e-9, relative: 1e-9 });
});

test.run();
