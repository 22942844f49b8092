/** A run whose trainings did not converge says so: in warnings, results, report and exit code, and again when it is repeated. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../../cli/in-process.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-convergence-"));
test.after(() => rmSync(folder, { recursive: true }));

const file = join(folder, "toy.yaml");
writeFileSync(
  file,
  `
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 48000, heldOut: 0.05 }
data: { generator: doi-toy, events: 600 }
likelihood: { observables: [x] }
${TINY_TOY.replaceAll("batch: 200", "batch: 60")}`,
);

const call = (...words: string[]) =>
  runInProcess([...words, "--threads", "1", "--backend", "cpu"], { judgesTrainings: true });
const run = (out: string, ...words: string[]) => call("run", file, "--out", join(folder, out), ...words);
const results = (out: string) => JSON.parse(readFileSync(join(folder, out, "results.json"), "utf8"));

/** Learning rates that hardly move anything. */
const SLOW = ["flows", "morph"].flatMap((of) => ["--set", `${of}.x.training.learningRate=1e-6`]);

test("trainings that converged have their verdicts in the results, and change no exit code", async () => {
  const { code, error } = await run("good", "--set", "morph.x.training.epochs=6", "--set", "flows.x.training.epochs=6");
  assert.is(code, 0, error);
  const { trainings, fits, verdicts } = results("good");
  for (const { convergence } of trainings) {
    assert.equal(Object.keys(convergence), ["status", "reason", "change", "gain", "gainError"]);
    assert.is(convergence.status, "converged", convergence.reason);
  }
  assert.equal(fits.xAlone.unconverged, []);
  assert.equal(verdicts, []);
});

test("a learning rate that is far too low ends with exit code 4 and says what to change, when it is repeated too", async () => {
  const first = await run("slow", ...SLOW);
  assert.is(first.code, 4, first.error);
  const warning =
    /^unbinned: warning: p\(x\), nominal: the training did not converge: the loss is still falling: further training would lower the loss by \S+ ± \S+ or more, after \S+ since the second quarter of the steps, \S+ units of ln L of 600 events\. Raise flows\.x\.training\.epochs, or flows\.x\.training\.learningRate where it is low$/m;
  assert.match(first.error, warning);
  assert.match(
    first.error,
    /^unbinned: fit of x: expected checks that pass, got \d that failed, named in the warnings: training.*\. Raise flows\.x\.training\.epochs, or .*\. The results are written, with this verdict$/m,
  );
  assert.match(first.out, /^It rests on trainings that did not converge: p\(x\), nominal; p\(x\), morph, /m);
  assert.match(first.out, /^\d checks failed:\n- p\(x\), nominal: the training did not converge: .*\. Raise .*\.$/m);
  const { trainings, fits, verdicts, warnings } = results("slow");
  assert.is(trainings[0].convergence.status, "still falling");
  assert.is(fits.xAlone.unconverged[0], "p(x), nominal");
  assert.is(verdicts[0].check, "training");
  assert.ok(warnings.includes(`${verdicts[0].text}. ${verdicts[0].advice}`));
  const page = readFileSync(join(folder, "slow", "report.html"), "utf8");
  assert.match(page, "Trainings, with what further training would gain (nats per event)");
  assert.match(page, "It rests on trainings that did not converge: p(x), nominal;");

  const kept = readFileSync(join(folder, "slow", "results.json"), "utf8");
  const again = await run("slow", ...SLOW);
  assert.is(again.code, 4);
  assert.match(again.error, warning);
  assert.match(again.out, /kept from before/);
  assert.is(readFileSync(join(folder, "slow", "results.json"), "utf8"), kept);
});

test("a fit of the model of such a run repeats the verdict", async () => {
  const { code, error, out } = await call("fit", file, "--run", join(folder, "slow"), "--json");
  assert.is(code, 4, error);
  assert.match(error, /^unbinned: warning: p\(x\), nominal: the training did not converge/m);
  assert.match(
    error,
    /^unbinned: fit: expected checks that pass, got \d that failed, named in the warnings: training/m,
  );
  assert.is(JSON.parse(out).verdicts[0].training, "p(x), nominal");
  const exported = await runInProcess([
    "export",
    file,
    "--run",
    join(folder, "slow"),
    "--out",
    join(folder, "exported"),
  ]);
  assert.is(exported.code, 0, exported.error);
  assert.match(
    exported.error,
    /^unbinned: warning: .*results\.json: checks failed \(training.*\), so that the results there/m,
  );
  assert.is(JSON.parse(readFileSync(join(folder, "exported", "fit.json"), "utf8")).verdicts[0].check, "training");
  const fromGood = await runInProcess([
    "export",
    file,
    "--run",
    join(folder, "good"),
    "--out",
    join(folder, "exported-good"),
  ]);
  assert.is(fromGood.error, "");
  const good = await call("fit", file, "--run", join(folder, "good"));
  assert.is(good.code, 0, good.error);
});

test("50 events, and the simulation that goes with them, are too few to say", async () => {
  const { code, error } = await run("few", "--set", "data.events=50", "--set", "simulation.events=1000");
  assert.is(code, 4, error);
  assert.match(
    error,
    /^unbinned: warning: p\(x\), nominal: whether the training converged cannot be said, as \d+ steps are too few to say: at least 100 are needed\. Take more events of simulation, raise flows\.x\.training\.epochs or lower flows\.x\.training\.batch$/m,
  );
});

test("coverage repeats the verdict on the trainings that its toys share", async () => {
  const { code, error } = await call(
    "coverage",
    file,
    "--toys",
    "2",
    "--out",
    join(folder, "slow"),
    ...SLOW,
    "--mode",
    "data",
  );
  assert.is(code, 4, error);
  assert.match(error, /^unbinned: coverage: expected checks that pass, .*: training/m);
});

test.run();
