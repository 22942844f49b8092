/** Which events of a file are those of a channel, and what is said of the others. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadComposition } from "../../../workflow/configuration/composition/load-composition.js";
import { readChannel } from "../../../workflow/events/channel-events.js";
import { leftOutText } from "../../../workflow/events/selection.js";
import { compositionFiles, type Files } from "../composition-sample.js";

let files: Files;
test.before(async () => {
  files = await compositionFiles();
  await files.sample("events.npz", {
    mass: [1, 2, 3, 4, 5, 6, 11],
    kind: [0, 1, 2, 0, 1, 7, 1],
    t: [0.5, 0.5, 0.5, 2.5, 0.5, 0.5, 0.5],
    w: [1, 2, 3, 4, 5, 6, 7],
  });
});
test.after(() => files.remove());

async function channelOf(region: string) {
  const file = files.write(
    "selected.yaml",
    `columns: { m: { range: [0, 10] }, t: {}, kind: { values: [0, 1, 2] } }
samples: { data: { file: events.npz, columns: { m: mass }, weight: w } }
parameters: { a: 0.1, b: 0.2, c: 0.3 }
functions: { slope: { choice: { column: kind, choices: [a, b, c] } } }
densities: { e: { exponential: { x: m, c: slope } } }
likelihoods: { fit: { density: e, sample: data, region: ${region} } }
`,
  );
  const analysis = await loadComposition(file);
  const found = await readChannel(analysis, analysis.likelihoods[0]!.channels[0]!);
  return { ...found, said: found.leftOut.map((own) => leftOutText(own).replace(/^.*events\.npz: /, "")) };
}

test("events are within ranges, values of categories, and the region, with their weights; an event counts for the first reason", async () => {
  const { data, total, said } = await channelOf("{ t: [[0, 1], [3, 4]], kind: [0, 1] }");
  assert.equal([total, data.count], [7, 3]);
  assert.equal(Array.from(data.columns.m!), [1, 2, 5]);
  assert.equal(Array.from(data.weights!), [1, 2, 5]);
  assert.equal(said, [
    "1 of 7 events are left out, as they have m outside of 0 to 10",
    "1 of 7 events are left out, as they have kind other than 0, 1, 2",
    "1 of 7 events are left out, as they have t outside of 0 to 1, 3 to 4",
    "1 of 7 events are left out, as they have kind other than 0, 1",
  ]);
});

test("one value of a category", async () => {
  const { data } = await channelOf("{ kind: [2] }");
  assert.equal(Array.from(data.columns.m!), [3]);
  assert.equal(Array.from(data.columns.kind!), [2]);
});

test.run();
