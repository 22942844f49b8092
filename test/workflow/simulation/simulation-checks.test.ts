/** Nuisances whose samples show no effect. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import { effectWarnings } from "../../../workflow/simulation/simulation-checks.js";
import { runInProcess } from "../../cli/in-process.js";
import { draw, folder, out, removeMass, runMass, write, YAML } from "../../cli/mass-run.js";

test.before(runMass);
test.after(removeMass);

test("run: a nuisance whose samples do not differ from the nominal ones is 0 ± 1, with a warning, and moves no other", async () => {
  const own = join(folder, "idle.yaml");
  const samples = "{ file: down.npz, at: { width: -1 } }";
  const idle = "{ file: same-up.npz, at: { idle: 1 } }, { file: same-down.npz, at: { idle: -1 } }";
  writeFileSync(own, YAML.replace(samples, `${samples}, ${idle}`).replace("width: ,", "width: , idle: ,"));
  await write("same-up.npz", draw(0));
  await write("same-down.npz", draw(0));
  const { error, code } = await runInProcess(["run", own, "--out", join(folder, "idle-out")]);
  assert.is(code, 0, error);
  const fitted = (of: string) => JSON.parse(readFileSync(join(of, "results.json"), "utf8")).fits.xAlone;
  const { estimate, sigma } = fitted(join(folder, "idle-out"));
  const without = fitted(out);
  for (const [found, expected] of [
    [estimate[1], 0],
    [sigma[1], 1],
    [estimate[0], without.estimate[0]],
    [sigma[0], without.sigma[0]],
  ]) {
    assert.ok(
      Math.abs(found - expected) < 1e-6,
      `${estimate} ± ${sigma}, without it ${without.estimate} ± ${without.sigma}`,
    );
  }
  assert.match(
    error,
    /nuisance idle: the samples in which it is moved do not differ from the nominal samples in any feature or product of two \(p-value [\d.]+ for the most different of 8 tests\)\. .* The model leaves out the effect of idle on the shape, and the fit returns its constraint, 0 ± 1 .* if not, remove the nuisance/,
  );
});

test("run: a nuisance without an effect keeps its networks where samples move it together with another", async () => {
  const own = join(folder, "together.yaml");
  const samples = "{ file: down.npz, at: { width: -1 } }";
  const idle = "{ file: same-up.npz, at: { idle: 1 } }, { file: both.npz, at: { width: 1, idle: 1 } }";
  writeFileSync(own, YAML.replace(samples, `${samples}, ${idle}`).replace("width: ,", "width: , idle: ,"));
  await write("both.npz", draw(1));
  const { error, code } = await runInProcess(["run", own, "--out", join(folder, "together-out")]);
  assert.is(code, 0, error);
  assert.match(error, /nuisance idle: .* the error of idle are no measurement/);
});

test("a nuisance that the yields follow is measured by them, and its constraint is not promised", () => {
  const source = YAML.replace("width: ,", "width: , idle: { processes: [only] },").replace(
    "{ file: down.npz, at: { width: -1 } }",
    "{ file: down.npz, at: { width: -1 } }, { file: idle.npz, at: { idle: 1 } }",
  );
  const configuration = readConfiguration(source, "a.yaml");
  const effects = [{ nuisance: 1, tests: 8, pValue: 0.4 }];
  const [text, ...others] = effectWarnings(configuration, effects, new Set(["idle"]), new Set(["idle"]));
  assert.equal(others, []);
  assert.match(
    text!,
    /The model leaves out the effect of idle on the shape\. What is measured of idle comes from its effect on the yields/,
  );
  assert.not.match(text!, /constraint/);
});

test("sides of a nuisance that are effects of different kinds fail, those that are alike are a warning; validate names the files", async () => {
  const said = async (name: string, up: Float64Array, down: Float64Array) => {
    await write(`${name}-up.npz`, up);
    await write(`${name}-down.npz`, down);
    const own = join(folder, `${name}.yaml`);
    writeFileSync(own, YAML.replace("up.npz", `${name}-up.npz`).replace("down.npz", `${name}-down.npz`));
    return { own, ...(await runInProcess(["validate", own])) };
  };
  const shifted = draw(0).map((mass) => mass + 6);
  const unlike = await said("unlike", draw(2), shifted);
  assert.match(
    unlike.error,
    /nuisance width: \S+unlike-up\.npz and \S+unlike-down\.npz do not move the nominal sample in opposite directions \(cosine of the angle between what they do to the features -?0\.\d\d, effects of different kinds\)\. Are samples exchanged\? If these are two effects, give each a nuisance of its own/,
  );
  const inGrams = draw(1).map((mass) => 1000 * mass);
  const apart = await said("apart", inGrams, draw(-1));
  assert.match(
    apart.error,
    /apart-up\.npz: more than half of the events have a mass where no event of \S+nominal\.npz lies\. Correct its unit, or name the right file or column/,
  );
  const alike = await said(
    "alike",
    shifted,
    draw(0).map((mass) => mass + 6),
  );
  assert.match(
    alike.error,
    /\(.* the same direction\)\. Are the samples right\? If both sides of the effect are alike, there is nothing to do/,
  );
  const right = await runInProcess(["validate", join(folder, "analysis.yaml")]);
  assert.not.match(right.error, /opposite/);
  const ended = await runInProcess(["run", unlike.own, "--out", join(folder, "unlike-out")]);
  assert.is(ended.code, 4, ended.error);
  assert.match(ended.error, /that failed, named in the warnings: sides/);
});

test("a process in two files, each with a half of the spectrum, is one process", async () => {
  const parts = [];
  for (const [name, at] of [
    ["nominal", 0],
    ["up", 1],
    ["down", -1],
  ] as const) {
    const mass = draw(at);
    await write(
      `${name}-low.npz`,
      mass.filter((value) => value < 50),
    );
    await write(
      `${name}-high.npz`,
      mass.filter((value) => value >= 50),
    );
    const where = at === 0 ? "" : `, at: { width: ${at} }`;
    parts.push(...["low", "high"].map((part) => `{ file: ${name}-${part}.npz${where} }`));
  }
  const own = join(folder, "halves.yaml");
  writeFileSync(own, YAML.replace(/samples: .*\] \}/, `samples: [${parts.join(", ")}] }`));
  const { code, error } = await runInProcess(["validate", own]);
  assert.equal([code, error], [0, ""]);
});

test.run();
