/** What a model file says of its analysis: written and read again, and refused where somebody changed it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import { modelRecord, recordedColumns, recordedShares } from "../../../workflow/store/model-record.js";

const configuration = readConfiguration(
  `
observables: { x: { features: 1, columns: [pt] }, y: { features: 1, columns: [met] } }
processes:
  A: { yield: 9, samples: [{ file: a.npz }, { file: c.npz, at: { s: 1 } }, { file: d.npz, at: { s: -1 } }] }
  B: { yield: 9, samples: [{ file: b.npz }, { file: c.npz, at: { s: 1 } }, { file: d.npz, at: { s: -1 } }] }
nuisances: { s: }
data: { file: data.npz }
`,
  "analysis.yaml",
);

test("columns, and the shares of events where not all were left", () => {
  const all = modelRecord(configuration, [1, 1]);
  assert.equal(recordedColumns("model", all), { x: ["pt"], y: ["met"] });
  assert.is(recordedShares("model", all), undefined);
  const some = modelRecord(configuration, [0.25, 1]);
  assert.equal(recordedShares("model", some), { A: 0.25, B: 1 });
  assert.equal(recordedColumns("model", {}), undefined);
});

for (const [key, texts] of [
  ["unbinned.columns", ["", "3", "null", '{"x": "pt"}', '{"x": ["pt"], "y": [1]}']],
  ["unbinned.shares", ["[", "null", '{"A": 0}', '{"A": 1.5}', '{"A": "1"}']],
] as const) {
  for (const text of texts) {
    test(`${key}: ${JSON.stringify(text)} is refused`, () => {
      const read = key === "unbinned.shares" ? recordedShares : recordedColumns;
      assert.throws(
        () => read("model.safetensors", { [key]: text }),
        /^model\.safetensors: expected .* in "unbinned\./,
      );
    });
  }
}

test.run();
