/** What is wrong with events of a channel is said by row, of those in memory and of those that are read in pieces. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { TapeParts } from "../../../../inference/model/composition/bind-composition.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import {
  boundEvents,
  type Channel,
  type ChannelData,
  checkChannel,
  checkHasWeights,
} from "../../../../inference/model/likelihood/channel-data.js";
import type { StoredEvents } from "../../../../inference/model/likelihood/event-programs.js";
import { isStream, weightSums } from "../../../../inference/model/likelihood/event-stream.js";
import { rejects } from "../../../support/rejects.js";
import { parameter } from "../densities/samples.js";

const composition = checkedComposition({
  parameters: [parameter("n", 4), parameter("mean", 0.3)],
  columns: { m: { range: [-3, 3] }, q: { values: [0, 1] } },
  functions: {},
  densities: {
    g: { kind: "gaussian", x: "m", mean: "mean", sigma: 0.7 },
    all: { kind: "mixture", summands: ["g"], coefficients: ["n"] },
  },
});

const channel = (data: Channel["data"], isExtended = true): Channel => ({
  name: "peak",
  density: "all",
  isExtended,
  data,
});
const problem = (own: Channel) => rejects(() => checkChannel(composition, own), /./);
const refused = (data: ChannelData, message: RegExp, isExtended = true) =>
  rejects(() => checkChannel(composition, channel(data, isExtended)), message);

const m = Float64Array.of(0, 1, 2, 7, -9);

test("events that no likelihood can be made of", async () => {
  await refused(
    { count: 5, columns: { m } },
    /peak: expected m within \[-3, 3\], got 7 in row 3 .* 2 such events of 5/,
  );
  await refused({ count: 5, columns: {} }, /expected 5 numbers of the column m, got none/);
  await refused({ count: 4, columns: { m } }, /expected 4 numbers of the column m, got 5/);
  await refused({ count: 1, columns: { m: Float64Array.of(Number.NaN) } }, /got NaN in row 0/);
  await refused(
    { count: 1, columns: { m: m.slice(0, 1) }, weights: Float64Array.of(1, 2) },
    /expected 1 weights, got 2/,
  );
  await refused({ count: 0, columns: { m: new Float64Array(0) } }, /expected at least one event/, false);
  await problem({ ...channel({ count: 1, columns: { m: m.slice(0, 1) } }), density: "none" });
  checkChannel(composition, channel({ count: 0, columns: { m: new Float64Array(0) } }));
});

/** Pieces of two events. */
async function piecesOf(data: ChannelData): Promise<StoredEvents[]> {
  const part = (from: number): ChannelData => ({
    count: Math.min(2, data.count - from),
    columns: { m: data.columns.m!.slice(from, from + 2) },
    ...(data.weights && { weights: data.weights.slice(from, from + 2) }),
  });
  const bound = boundEvents(
    composition,
    channel({
      count: data.count,
      weighted: data.weights && weightSums(data),
      async *pieces() {
        for (let from = 0; from < data.count; from += 2) yield part(from);
      },
    }),
    new TapeParts(),
  );
  assert.ok(isStream<StoredEvents>(bound));
  const all: StoredEvents[] = [];
  for await (const piece of bound.pieces()) all.push(piece);
  return all;
}

test("pieces of a stream are bound as the whole would be", async () => {
  const weights = Float64Array.of(1, -1, 2);
  const found = await piecesOf({ count: 3, columns: { m: m.slice(0, 3) }, weights });
  assert.equal(
    found.map(({ count }) => count),
    [2, 1],
  );
  const whole = boundEvents(
    composition,
    channel({ count: 3, columns: { m: m.slice(0, 3) }, weights }),
    new TapeParts(),
  );
  for (const [name, values] of Object.entries((whole as StoredEvents).columns)) {
    assert.equal(
      found.flatMap(({ columns }) => [...columns[name]!]),
      [...values],
      name,
    );
  }
});

test("values of pieces are refused by their row in the whole", () =>
  rejects(
    () => piecesOf({ count: 5, columns: { m } }),
    /peak: expected m within \[-3, 3\], got 7 in row 3 \(counted from 0\); 1 such events of 2/,
  ));

test("kept pieces are bound once, and checked by their rows like the others", async () => {
  const piece = (from: number, to: number): ChannelData => ({ count: to - from, columns: { m: m.slice(from, to) } });
  const bind = (...kept: ChannelData[]) =>
    boundEvents(composition, channel({ count: 3, kept, pieces: async function* () {} }), new TapeParts());
  const bound = bind(piece(0, 2), piece(2, 3));
  assert.ok(isStream<StoredEvents>(bound));
  assert.equal(
    bound.kept!.map(({ count }) => count),
    [2, 1],
  );
  // The fourth is 7.
  assert.throws(() => bind(piece(0, 2), piece(2, 5)), /got 7 in row 3 \(counted from 0\)/);
});

test("weights are there as they were before", async () => {
  const data = { count: 1, columns: { m: m.slice(0, 1) } };
  checkHasWeights("peak", data, false);
  await rejects(
    () => checkHasWeights("peak", data, true),
    /expected events with weights, as it had before, got events without/,
  );
});

test.run();
