/** Events that are read piece by piece give the numbers of the same events in memory. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { ColumnData } from "../../../../engine/runtime/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import {
  type Channel,
  type ChannelData,
  type ChannelStream,
  channelsLikelihood,
} from "../../../../inference/model/likelihood/channels.js";
import { effectiveOf, piecesOf, weightSums } from "../../../../inference/model/likelihood/event-stream.js";
import { freeParameters } from "../../../../inference/model/parameters/parameter.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { withBackend } from "../../with-backend.js";
import { densitySamples, parameter } from "../densities/samples.js";
import { drawnFrom, numbersOf } from "./likelihood-numbers.js";

const part = (values: ColumnData, from: number, to: number) => values.slice(from, to);

/** Pieces that end at these events, an empty one among them; the first `nKept` of them stay in memory. */
function streamOf(
  { count, columns, weights }: ChannelData,
  ends: readonly number[],
  nKept = 0,
): ChannelStream & { passes: number; read: number } {
  const piece = (i: number) => {
    const [from, to] = [i === 0 ? 0 : ends[i - 1]!, ends[i] ?? count];
    const own = Object.entries(columns).map(([name, values]) => [name, part(values, from, to)]);
    return { count: to - from, columns: Object.fromEntries(own), ...(weights && { weights: part(weights, from, to) }) };
  };
  const stream = {
    count,
    passes: 0,
    read: 0,
    kept: Array.from({ length: nKept }, (_, i) => piece(i)),
    ...(weights && { weighted: weightSums({ count, weights }) }),
    async *pieces() {
      stream.passes++;
      for (let i = nKept; i <= ends.length; i++) {
        stream.read++;
        yield piece(i);
      }
    },
  };
  return stream;
}

/** Sums of a few terms in another order: their roundings. */
const ROUNDINGS = { absolute: 1e-11, relative: 1e-11 };

/** All numbers of two trees, one by one. */
function sameNumbers(found: unknown, wanted: unknown, where = ""): void {
  if (typeof wanted === "number") close([found as number], [wanted], ROUNDINGS, where);
  else if (typeof wanted !== "object" || wanted === null) assert.equal(found, wanted, where);
  else {
    assert.equal(Object.keys(found as object), Object.keys(wanted), where);
    for (const [key, own] of Object.entries(wanted))
      sameNumbers((found as Record<string, unknown>)[key], own, `${where}.${key}`);
  }
}

for (const [kind, [sample]] of Object.entries(densitySamples)) {
  test(`${kind}: a stream has the numbers of its events in memory`, async () => {
    const { composition: own, density, isExtended = false } = sample!;
    const composition = checkedComposition(own);
    const theta = freeParameters(composition.parameters).map(({ start }) => start);
    const drawn = await drawnFrom(sample!, 9, 3);
    const data = { ...drawn, weights: Float64Array.from({ length: 9 }, (_, i) => 1 + (i % 3) - (i === 4 ? 2 : 0)) };
    const open = (of: Channel["data"]) =>
      channelsLikelihood({
        backend: referenceBackend(),
        composition,
        channels: [{ name: "events", density, isExtended, data: of }],
      });
    const [streamed, stored] = [await open(streamOf(data, [4, 4, 5])), await open(data)];
    const wanted = await numbersOf(stored, theta);
    sameNumbers(await numbersOf(streamed, theta), wanted, kind);
    // From one kind to the other, and back.
    await streamed.bind({ events: data });
    sameNumbers(await numbersOf(streamed, theta), wanted, kind);
    await streamed.bind({ events: streamOf(data, [2]) });
    sameNumbers(await numbersOf(streamed, theta), wanted, kind);
    await streamed.close();
    await stored.close();
  });
}

const composition = checkedComposition({
  parameters: [parameter("n", 4), parameter("mean", 0.3)],
  columns: { m: { range: [-30, 30] } },
  functions: {},
  densities: {
    g: { kind: "gaussian", x: "m", mean: "mean", sigma: 0.7 },
    all: { kind: "mixture", summands: ["g"], coefficients: ["n"] },
  },
} as const);
const channel = (data: Channel["data"]): Channel => ({ name: "peak", density: "all", isExtended: true, data });
const opened = (data: Channel["data"]) =>
  channelsLikelihood({ backend: referenceBackend(), composition, channels: [channel(data)] });

const m = Float64Array.of(0.1, -0.4, 1.2, 0.7, 0.2);
const data = { count: 5, columns: { m } };

for (const { name, create } of testBackends()) {
  test(`${name}: a fit of a stream reads it once for every evaluation`, async () => {
    await withBackend(create, async (backend) => {
      const stream = streamOf(data, [2, 3]);
      const likelihood = await channelsLikelihood({ backend, composition, channels: [channel(stream)] });
      const before = stream.passes;
      const { gradient } = await likelihood.evaluate(Float64Array.of(4, 0.3), 1);
      assert.is(stream.passes, before + 1);
      // n: 1 - 5/n; mean: -Σ (m - mean) / σ². f32 backends have seven digits.
      close(gradient!, [1 - 5 / 4, -(1.8 - 1.5) / 0.49], { absolute: 1e-5, relative: 1e-5 }, "gradient");
      await likelihood.close();
    });
  });
}

for (const { name, create } of testBackends()) {
  test(`${name}: sums are the same to the bit, however many pieces are kept; only the others are read`, async () => {
    await withBackend(create, async (backend) => {
      const weights = Float64Array.of(0.1, 0.7, -0.3, 1.1, 0.9);
      const at = Float64Array.of(4.2, 0.31);
      const of = async (nKept: number) => {
        const stream = streamOf({ ...data, weights }, [2, 2, 3], nKept);
        const likelihood = await channelsLikelihood({ backend, composition, channels: [channel(stream)] });
        const found = {
          evaluation: await likelihood.evaluate(at, 2),
          scores: await likelihood.scoreProduct(at),
          logProb: await likelihood.eventScores("peak", at),
        };
        assert.is(stream.read, stream.passes * (4 - nKept));
        await likelihood.close();
        return found;
      };
      const wanted = await of(0);
      for (const nKept of [1, 2, 3, 4]) assert.equal(await of(nKept), wanted, `${nKept} kept`);
    });
  });
}

test("what a stream finds of its events goes piece by piece to whoever takes it", async () => {
  const likelihood = await opened(streamOf(data, [2, 2, 4]));
  const found: [number, number][] = [];
  const rest = await likelihood.logProb("peak", [4, 0.3], (values, start) => void found.push([start, values.length]));
  assert.equal(found, [
    [0, 2],
    [2, 2],
    [4, 1],
  ]);
  assert.is(rest.length, 0);
  const all: number[] = [];
  await likelihood.eventScores("peak", [4, 0.3], (values, start) => void all.push(start, values.length));
  assert.equal(all, [0, 4, 2, 4, 4, 2]);
  const wanted = await (await opened(data)).eventScores("peak", [4, 0.3]);
  close(await likelihood.eventScores("peak", [4, 0.3]), wanted, ROUNDINGS, "[K, events] of all pieces");
});

test("a piece is read while the one before it is worked on, and no further", async () => {
  const read: number[] = [];
  async function* pieces() {
    for (let i = 0; i < 4; i++) {
      read.push(i);
      yield { count: 1 };
    }
  }
  const seen: number[] = [];
  for await (const [, start] of piecesOf({ count: 4, pieces })) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    seen.push(start);
    assert.is(read.length, Math.min(4, start + 2));
  }
  assert.equal(seen, [0, 1, 2, 3]);
});

test("kept pieces come first, while the first of the others is read", async () => {
  const read: number[] = [];
  async function* pieces() {
    for (const count of [3, 0, 1]) {
      read.push(count);
      yield { count };
    }
  }
  const seen: (readonly [number, number])[] = [];
  for await (const [piece, start] of piecesOf({ count: 7, kept: [{ count: 2 }, { count: 0 }, { count: 1 }], pieces })) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (start === 0) assert.equal(read, [3]);
    seen.push([piece.count, start]);
  }
  assert.equal(seen, [
    [2, 0],
    [1, 2],
    [3, 3],
    [1, 6],
  ]);
  const none = piecesOf({ count: 2, kept: [{ count: 2 }], pieces: async function* () {} });
  assert.equal((await none.next()).value, [{ count: 2 }, 0]);
  assert.is((await none.next()).done, true);
});

test("a stream is closed where it is left early, and where reading fails", async () => {
  let closed = 0;
  async function* pieces(failsAt: number) {
    try {
      for (let i = 0; i < 4; i++) {
        if (i === failsAt) throw new Error("no more");
        yield { count: 1 };
      }
    } finally {
      closed++;
    }
  }
  for await (const _ of piecesOf({ count: 4, pieces: () => pieces(9) })) break;
  assert.is(closed, 1);
  const all = async () => {
    for await (const _ of piecesOf({ count: 4, pieces: () => pieces(2) }));
  };
  await rejects(all, /no more/);
  assert.is(closed, 2);
  const abort = new AbortController();
  const stopped = async () => {
    for await (const _ of piecesOf({ count: 4, pieces: () => pieces(9) }, abort.signal)) abort.abort(new Error("stop"));
  };
  await rejects(stopped, /stop/);
  assert.is(closed, 3);
});

test("a stream that gives other events than it says is refused", async () => {
  const short = { ...streamOf(data, [2]), count: 6 };
  await rejects(
    async () => (await opened(short)).evaluate(Float64Array.of(4, 0.3), 0),
    /expected 6 events, got 5\. The files changed/,
  );
});

test("effective events of samples together: closed forms", () => {
  const weights = Float64Array.of(1, 2, -1);
  assert.is(effectiveOf([{ count: 3 }, { count: 4 }]), 7);
  assert.is(effectiveOf([{ count: 0 }]), 0);
  assert.is(effectiveOf([{ count: 3, weights }]), 4 / 6);
  assert.is(effectiveOf([{ count: 3, weights }, { count: 4 }]), 36 / 10);
  assert.is(effectiveOf([{ count: 3, weighted: { total: 2, squares: 6 } }, { count: 4 }]), 36 / 10);
});

test.run();
