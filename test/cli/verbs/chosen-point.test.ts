/** Which model and which nu: evaluate, hessian and apply choose alike, say what they chose, and refuse the model of another configuration. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import { readSavedModel, saveModel } from "../../../workflow/store/model-files.js";
import { modelRecord } from "../../../workflow/store/model-record.js";
import { at, command, file, removeRun, runToy, simulation } from "../applied-run.js";

test.before(runToy);
test.after(removeRun);

const VERBS = {
  evaluate: ["--out", at("log-prob.npz")],
  hessian: [],
  apply: ["--events", simulation, "--process", "A", "--out", at("applied.npz")],
} as const;

const choose = (verb: keyof typeof VERBS, ...words: readonly string[]) =>
  command([verb, file, ...VERBS[verb], ...words]);

/** A folder with the model and data of the run, and no fit. */
async function withoutFit(): Promise<string> {
  const folder = at("without-fit");
  mkdirSync(folder, { recursive: true });
  for (const name of ["model.safetensors", "data.npz"]) copyFileSync(at(`out/${name}`), `${folder}/${name}`);
  return folder;
}

/** The analysis as if its simulation came from files. */
const OF_FILES = `
observables: { x: { features: 2, columns: [pt, eta] }, y: { features: 2, columns: [met] } }
processes: { A: { yield: 9, samples: [{ file: a.npz }, SAMPLES] }, B: { yield: 9, samples: [{ file: b.npz }, SAMPLES] } }
nuisances: { shift: , squeeze: }
data: { file: data.npz }
`.replaceAll(
  "SAMPLES",
  "{ file: c.npz, at: { shift: 1 } }, { file: d.npz, at: { shift: -1 } }, { file: e.npz, at: { squeeze: 1 } }, { file: f.npz, at: { squeeze: -1 } }",
);

/** The folder of a run of that analysis: its model says which columns it was trained on. */
async function recorded(): Promise<string> {
  const folder = await withoutFit();
  const record = modelRecord(readConfiguration(OF_FILES, "analysis.yaml"), [1, 1]);
  await saveModel(folder, await readSavedModel(at("out")), record);
  copyFileSync(at("out/data.npz"), at("data.npz"));
  return folder;
}

/** Changes of the configuration, and what is said of each. */
const OTHERS: readonly (readonly [(text: string) => string, RegExp])[] = [
  [
    (text) => text.replace("[pt, eta]", "[eta, pt]"),
    /model\.safetensors: expected observables\.x\.columns that .*other\.yaml declares: eta, pt, got pt, eta\./,
  ],
  [
    (text) => text.replace("[met]", "[met_x, met_y]"),
    /expected observables\.y\.columns that .*: met_x, met_y, got met\./,
  ],
  [(text) => text.replaceAll("A:", "C:"), /expected the processes that .* declares: C, B, got A, B\./],
  [
    (text) => text.replaceAll("shift", "scale"),
    /expected the nuisances that .* declares: scale \(shape\), squeeze \(shape\), got shift \(shape\), squeeze \(shape\)\./,
  ],
  [
    (text) => text.replace("{ shift: ,", "{ shift: { nominal: 0.5 },"),
    /expected the nominal values of nuisances that .* declares: shift = 0\.5, squeeze = 0, got shift = 0, squeeze = 0\./,
  ],
  [
    (text) =>
      text
        .replace("{ shift: ,", "{ shift: { processes: [A] },")
        .replace(/(B: .*?), \{ file: c.*?(, \{ file: e)/, "$1$2"),
    /expected the effects of nuisances that .* declares: shift on A, squeeze on A and B, got shift on A and B, squeeze on A and B\./,
  ],
];

for (const verb of ["evaluate", "hessian", "apply"] as const) {
  test(`${verb}: nu is what --nu says, else the estimate of the saved fit, else nominal; each time it is said`, async () => {
    const results = JSON.parse(readFileSync(at("out/results.json"), "utf8"));
    const { estimate } = results.fits.profiled;
    const folder = await withoutFit();
    const cases = [
      [["--nu", "0.25,-0.125"], [0.25, -0.125], "--nu", /shift = 0\.250000, squeeze = -0\.125000 \(--nu\)/],
      [[], estimate, at("out/results.json"), /shift = .*, squeeze = .* \(the estimate in .*out\/results\.json\)/],
      [["--run", folder], [0, 0], "nominal values", /shift = 0\.00000, squeeze = 0\.00000 \(nominal values\)/],
    ] as const;
    for (const [words, nu, nuFrom, said] of cases) {
      const ran = await choose(verb, ...words);
      assert.is(ran.code, 0, ran.error);
      assert.match(ran.out, said);
      const report = JSON.parse((await choose(verb, ...words, "--json")).out);
      assert.equal([report.nu, report.nuFrom], [nu, nuFrom]);
    }
  });

  test(`${verb}: the model of another configuration is refused, with the entry, what is expected and what is there`, async () => {
    for (const [change, message] of OTHERS) {
      writeFileSync(at("other.yaml"), change(OF_FILES));
      const { code, error } = await command([verb, at("other.yaml"), ...VERBS[verb], "--run", await recorded()]);
      assert.is(code, 2, error);
      assert.match(error, message);
      assert.match(error, /Train again with `unbinned run .*other\.yaml --force`/);
    }
  });
}

test("apply: simulation was made at the nominal values, or where --simulated-at says", async () => {
  const nominal = await choose("apply", "--json");
  assert.equal(JSON.parse(nominal.out).simulatedAt, [0, 0]);
  const moved = await choose("apply", "--simulated-at", "squeeze=0.5");
  assert.is(moved.code, 0, moved.error);
  assert.match(moved.out, /, simulation made at shift = 0\.00000, squeeze = 0\.500000: y\.data/);
  const wrong = await choose("apply", "--simulated-at", "0.5");
  assert.is(wrong.code, 2);
  assert.match(wrong.error, /--simulated-at: expected 2 values \(shift, squeeze\), got 1 \(0\.5\)/);
});

test("labels are no other model", async () => {
  const words = ["observables.y.labels=[mass, momentum]", "processes.A.label=Signal", "nuisances.shift.label=Scale"];
  const { code, error } = await choose("apply", ...words.flatMap((word) => ["--set", word]));
  assert.is(code, 0, error);
});

test("a model that does not say its columns, as those of earlier versions, is read with any", async () => {
  const { code, error } = await choose(
    "hessian",
    "--run",
    await withoutFit(),
    "--set",
    "observables.x.columns=[pt, eta]",
  );
  assert.is(code, 0, error);
});

test.run();
