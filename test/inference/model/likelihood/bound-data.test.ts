/** Likelihoods of channels that are bound to other events give the numbers of those that are opened with them, and compile nothing. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { type Composition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import { type Channel, channelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { freeParameters } from "../../../../inference/model/parameters/parameter.js";
import { testBackends } from "../../../support/backends.js";
import { rejects } from "../../../support/rejects.js";
import { withBackend } from "../../with-backend.js";
import { densitySamples, parameter } from "../densities/samples.js";
import { drawnFrom, numbersOf } from "./likelihood-numbers.js";

for (const [kind, [sample]] of Object.entries(densitySamples)) {
  test(`${kind}: bound to other events it has the numbers of a likelihood of them`, async () => {
    const { composition: own, density, isExtended = false } = sample!;
    const composition = checkedComposition(own);
    const theta = freeParameters(composition.parameters).map(({ start }) => start);
    const [first, second] = [await drawnFrom(sample!, 5, 1), await drawnFrom(sample!, 7, 2)];
    const open = (data: Channel["data"]) => {
      const channels = [{ name: "events", density, isExtended, data }];
      return channelsLikelihood({ backend: referenceBackend(), composition, channels });
    };
    const likelihood = await open(first);
    const before = await numbersOf(likelihood, theta);
    await likelihood.bind({ events: second });
    const fresh = await open(second);
    assert.equal(await numbersOf(likelihood, theta), await numbersOf(fresh, theta));
    await likelihood.bind({ events: first });
    assert.equal(await numbersOf(likelihood, theta), before);
    await likelihood.close();
    await fresh.close();
  });
}

const composition: Composition = {
  parameters: [
    parameter("signal", 6, { constraint: { kind: "poisson", observed: 8, scale: 1.5 } }),
    parameter("background", 9),
    parameter("c", 0.8, { constraint: { kind: "normal", observed: 0.7, sigma: 0.2 } }),
  ],
  columns: { m: { range: [1, 4] }, t: {} },
  functions: { centre: { kind: "product", factors: ["c", "t"] } },
  densities: {
    e: { kind: "exponential", x: "m", c: "c" },
    g: { kind: "gaussian", x: "m", mean: "centre", sigma: 0.7 },
    model: { kind: "mixture", summands: ["g", "e"], coefficients: ["signal", "background"] },
  },
};
const theta = [6, 9, 0.8];
const m = Float64Array.of(1, 1.3, 2.2, 3.9, 4, 1.7);
const t = Float64Array.of(0.1, 0.9, 0.4, 0.5, 0.6, -0.2);
const rows = (from: number, to: number) => ({
  count: to - from,
  columns: { m: m.slice(from, to), t: t.slice(from, to) },
});
const weights = Float64Array.of(1, 2, -0.5, 1);

const channelsOf = (first: Channel["data"], second: Channel["data"]): Channel[] => [
  { name: "extended", density: "model", isExtended: true, data: first },
  { name: "weighted", density: "e", isExtended: false, data: second },
];

const opened = (backend: Backend, channels: readonly Channel[], own = composition) =>
  channelsLikelihood({ backend, composition: checkedComposition(own), channels });

/** With other outcomes of the constraints. */
const changed: Composition = {
  ...composition,
  parameters: composition.parameters.map((own) => {
    const observed = ({ signal: 0, c: 0.9 } as Record<string, number>)[own.name];
    return observed === undefined ? own : { ...own, constraint: { ...own.constraint!, observed } };
  }),
};

/** A backend that counts what it compiles. */
function counting(backend: Backend) {
  const counted = { compiled: 0 };
  const compile: Backend["compile"] = (request) => {
    counted.compiled++;
    return backend.compile(request);
  };
  return { backend: { ...backend, compile }, counted };
}

for (const { name, create } of testBackends()) {
  test(`channels with weights, without events, and with other outcomes, bound anew on ${name}`, () =>
    withBackend(create, async (backend) => {
      const { backend: own, counted } = counting(backend);
      const weighted = { ...rows(1, 5), weights };
      const likelihood = await opened(own, channelsOf(rows(0, 4), weighted));
      const before = await numbersOf(likelihood, theta);
      const { compiled } = counted;
      await likelihood.bind({ extended: rows(2, 6) }, { signal: 0, c: 0.9 });
      const fresh = await opened(backend, channelsOf(rows(2, 6), weighted), changed);
      assert.equal(await numbersOf(likelihood, theta), await numbersOf(fresh, theta));
      await fresh.close();

      await likelihood.bind({ extended: rows(0, 0), weighted: { ...rows(0, 4), weights } });
      const empty = await opened(backend, channelsOf(rows(0, 0), { ...rows(0, 4), weights }), changed);
      assert.equal(
        (await likelihood.evaluateParts(Float64Array.from(theta), 2)).total,
        (await empty.evaluateParts(Float64Array.from(theta), 2)).total,
      );
      assert.is(likelihood.effectiveEvents, empty.effectiveEvents);
      await empty.close();

      await likelihood.bind({ extended: rows(0, 4), weighted }, { signal: 8, c: 0.7 });
      assert.equal(await numbersOf(likelihood, theta), before);
      assert.is(counted.compiled, compiled, "nothing is compiled again");
      await likelihood.close();
    }));
}

test("what cannot be bound is refused, and the events before stay", async () => {
  const likelihood = await opened(referenceBackend(), channelsOf(rows(0, 4), { ...rows(1, 5), weights }));
  const before = await numbersOf(likelihood, theta);
  const outside = { count: 1, columns: { m: Float64Array.of(5), t: Float64Array.of(0) } };
  await rejects(likelihood.bind({ extended: outside }), /channel extended: expected m within \[1, 4\], got 5 in row 0/);
  await rejects(likelihood.bind({ other: outside }), /expected a channel \(extended, weighted\), got other/);
  await rejects(
    likelihood.bind({ extended: { ...rows(0, 4), weights } }),
    /channel extended: expected events without weights, as it had before, got events with weights/,
  );
  await rejects(
    likelihood.bind({ weighted: rows(0, 4) }),
    /channel weighted: expected events with weights, as it had before, got events without weights/,
  );
  await rejects(
    likelihood.bind({}, { background: 3 }),
    /expected outcomes of parameters with a constraint \(signal, c\), got background/,
  );
  await rejects(likelihood.bind({}, { signal: -1 }), /constraint of signal: expected a count of at least 0, got -1/);
  await rejects(likelihood.bind(undefined as never), /bind: expected an object for the data/);
  assert.equal(await numbersOf(likelihood, theta), before);
  await likelihood.close();
});

test("events that are too many for what is cached of each are evaluated with less of it", async () => {
  const sample = densitySamples.flow[0]!;
  const own = checkedComposition(sample.composition);
  const at = freeParameters(own.parameters).map(({ start }) => start);
  const [few, many] = [await drawnFrom(sample, 4, 1), await drawnFrom(sample, 40, 2)];
  const { backend, counted } = counting(referenceBackend());
  const open = (data: Channel["data"]) =>
    channelsLikelihood({
      backend,
      composition: own,
      channels: [{ name: "events", density: sample.density, isExtended: false, data }],
      cacheBytes: 8 * 4 * 2,
    });
  const likelihood = await open(few);
  await numbersOf(likelihood, at);
  await likelihood.bind({ events: many });
  const { compiled } = counted;
  const found = await numbersOf(likelihood, at);
  assert.ok(counted.compiled > compiled, "what reads cached columns is compiled again");
  const fresh = await open(many);
  assert.equal(found, await numbersOf(fresh, at));
  await likelihood.close();
  await fresh.close();
});

test.run();
