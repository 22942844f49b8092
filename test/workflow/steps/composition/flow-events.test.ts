/** Trainings of flows on samples that have more rows than are kept in memory, beside those of the same events in memory. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { writeTable } from "../../../../io/columns.js";
import { commonOf } from "../../../../workflow/common-inputs.js";
import { readComposition } from "../../../../workflow/configuration/composition/composition-file.js";
import { plannedTrainings } from "../../../../workflow/steps/composition/trainings.js";
import { passingSteps } from "../../../../workflow/store/step-store.js";
import { close } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { compositionFiles, type Files } from "../../composition-sample.js";

const ROWS = [300, 200, 300];
const TOTAL = 800;

let files: Files;
let backend: Backend;
test.before(async () => {
  files = await compositionFiles();
  backend = await cpuBackend({ precision: "f64", threads: 1 });
  // Sorted: logistic, mean 3, width 0.5.
  const all = Array.from({ length: TOTAL }, (_, i) => {
    const u = (i + 0.5) / TOTAL;
    return { mass: Math.exp(3 + 0.5 * Math.log(u / (1 - u))), t: (i * 0.618) % 1, w: 0.5 + ((i * 0.38) % 1) };
  });
  const write = (name: string, own: typeof all) =>
    writeTable(
      join(files.folder, name),
      new Map(
        (["mass", "t", "w"] as const).map((column) => [
          column,
          { shape: [own.length], data: Float64Array.from(own, (event) => event[column]) },
        ]),
      ),
    );
  for (const [i, count] of ROWS.entries()) {
    const from = ROWS.slice(0, i).reduce((a, b) => a + b, 0);
    await write(`part${i}.parquet`, all.slice(from, from + count));
  }
  await write("one.parquet", all);
});
test.after(async () => {
  files.remove();
  await backend.close();
});

const source = (sample: string, flow = "") => `columns: { m: { expression: "log(mass)" }, t: {} }
samples: { data: data.npz, train: { ${sample} } }
parameters: { n: 1000 }
densities:
  f: { flow: { of: [m], train: train, kind: affine, transforms: 1, training: { epochs: 20, batch: 20 }${flow} } }
  model: { mixture: { f: n } }
likelihoods: { fit: { density: model, sample: train } }
`;

/** What a training leaves, and what was said. */
async function trained(text: string, rows?: number) {
  const set = rows === undefined ? [] : [`memory.rows=${rows}`];
  const analysis = await readComposition(text, join(files.folder, "a.yaml"), { set });
  const common = commonOf(analysis, backend);
  const [notes, warnings, shown]: [string[], string[], string[]] = [[], [], []];
  const counter = { update: (_: number, own = {}) => void shown.push(JSON.stringify(own)), done() {} };
  const context = {
    signal: new AbortController().signal,
    warn: (said: string) => void warnings.push(said),
    progress: { begin: () => counter, note: (said: string) => void notes.push(said) },
    ...{ analysis, backend, common, store: passingSteps(common) },
  };
  const [planned] = await plannedTrainings(context);
  const { weights, trainings } = await planned!.result();
  const numbers = [...weights].map(([name, { data }]) => [name, ...data]);
  return { key: planned!.key, numbers, summary: trainings[0]!.summary, notes, warnings, shown };
}

const FILES = 'file: "part*.parquet"';

test("as many rows as are kept: nothing changes, to the bit", async () => {
  const [whole, same] = [await trained(source(FILES)), await trained(source(FILES), TOTAL)];
  assert.equal([same.key, same.numbers, same.summary], [whole.key, whole.numbers, whole.summary]);
  assert.equal([same.notes, same.warnings], [[], []]);
});

for (const [name, sample, flow] of [
  ["three files", FILES, ""],
  ["one row group", 'file: "one.parquet"', ""],
  ["weights", `${FILES}, weight: w`, ""],
  ["conditions", `${FILES}, where: "t < 0.9"`, ""],
  ["a region, and a column that it is conditional on", FILES, ", given: [t], region: { m: [[1, 6]] }"],
] as const) {
  test(`more rows than are kept, ${name}: the held-out events are the same, and the flow is as good`, async () => {
    const text = source(sample, flow);
    const kept = await trained(text);
    const keys = new Set([kept.key]);
    for (const rows of name === "three files" ? [TOTAL - 1, 400, 100] : [400]) {
      const streamed = await trained(text, rows);
      keys.add(streamed.key);
      assert.match(
        streamed.notes.join("\n"),
        new RegExp(
          `its [78]\\d\\d events are more than memory\\.rows = ${rows}: the training of f reads them again in every`,
        ),
      );
      assert.equal(streamed.warnings, []);
      const [found, wanted] = [streamed.summary, kept.summary];
      // Of the same events and the same initial weights: rounding alone.
      close([found.initialValidationLoss!], [wanted.initialValidationLoss!], { absolute: 0, relative: 1e-12 });
      assert.is(found.history.at(-1)!.step, wanted.history.at(-1)!.step);
      // Mean and width of 640 events or fewer are known to 0.04 of the width: losses at either optimum differ by their squares.
      const [own, other] = [found, wanted].map(({ history }) => history.at(-1)!.validationLoss!);
      close([own!], [other!], { absolute: 5e-3, relative: 0 });
      assert.match(streamed.shown.at(-1)!, /"events":\d+,"read":"\d MB"/);
    }
    assert.is(keys.size, name === "three files" ? 4 : 2);
  });
}

test("the same training twice gives the same bits", async () => {
  const [first, second] = [await trained(source(FILES), 300), await trained(source(FILES), 300)];
  assert.equal(second.numbers, first.numbers);
});

test("where conditions leave no more events than are kept, these are trained on in memory, to the same bits", async () => {
  const text = source(`${FILES}, where: "t < 0.2", weight: w`);
  const [kept, few] = [await trained(text), await trained(text, 200)];
  assert.equal([few.key, few.numbers, few.summary], [kept.key, kept.numbers, kept.summary]);
  assert.match(few.notes.join(), /t < 0\.2: 1\d\d/);
  assert.not.match(few.notes.join(), /every epoch/);
});

test("files without parts are kept, with a warning; a batch that has no room is refused", async () => {
  await files.sample("whole.npz", { mass: [1, 2, 3, 4, 5, 6, 7, 8], t: [1, 2, 3, 4, 5, 6, 7, 8] });
  const { warnings } = await trained(source("file: whole.npz"), 5);
  assert.match(
    warnings.join(),
    /whole\.npz: its 8 events are more than memory\.rows = 5, but are kept in memory: .* Parquet/,
  );
  await rejects(
    () => trained(source(FILES), 40),
    /train: expected a batch of at most 17 events, as many as are in memory at once, got 20\. Take a smaller batch/,
  );
});

test.run();
