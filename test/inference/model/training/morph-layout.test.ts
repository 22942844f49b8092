/** Events of a composition as trainings of morphs take them: numbers as x, categories as processes, pairs by the rows of their file. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { factorizableFlow, initialise } from "../../../../index.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { MorphedForm } from "../../../../inference/model/densities/morphed.js";
import {
  allOfSample,
  eventPairs,
  eventsByProcess,
  layoutObservable,
  layoutProcesses,
  layoutSizes,
  layoutValues,
  morphLayout,
} from "../../../../inference/model/training/morph-layout.js";

const morphOf = (given: readonly string[], context: number): MorphedForm => {
  const architecture = factorizableFlow({ features: 1, context, hidden: [2], layers: 1, nuisances: [{ nominal: 0 }] });
  const morph = { architecture, weights: initialise(architecture, 1) };
  return { kind: "morphed", density: "g", of: ["m"], ...(given.length > 0 && { given }), nuisances: ["nu"], morph };
};

const layoutOf = (form: MorphedForm, mean: string | number) =>
  morphLayout(
    checkedComposition({
      columns: { m: {}, t: {}, k: { values: [5, 7] }, l: { values: [0, 1, 2] } },
      parameters: [{ name: "nu", start: 0 }],
      densities: { g: { kind: "gaussian", x: "m", mean, sigma: 1 }, f: form },
    }),
    form,
  );

test("a density that is conditional on numbers is one of y, and each combination of categories a process", () => {
  const alone = layoutOf(morphOf([], 0), 0);
  assert.equal([layoutObservable(alone), layoutProcesses(alone), layoutValues(alone)], ["x", 1, [[]]]);
  assert.equal(layoutSizes(alone, 2), { processes: 1, shapes: 2, x: 1, y: 0 });
  // The density behind the morph looks at t.
  const both = layoutOf(morphOf(["l", "k"], 5), "t");
  assert.equal([layoutObservable(both), both.given, layoutProcesses(both)], ["y", ["t"], 6]);
  assert.equal(layoutSizes(both, 1), { processes: 6, shapes: 1, x: 1, y: 1 });
  const values = [0, 1, 2].flatMap((l) => [5, 7].map((k) => [l, k]));
  assert.equal(layoutValues(both), values);
});

test("events by process, with their weights", () => {
  const layout = layoutOf(morphOf(["k"], 2), "t");
  const columns = { m: Float64Array.of(1, 2, 3), t: Float64Array.of(-1, -2, -3), k: Float64Array.of(7, 5, 7) };
  const data = { count: 3, columns, weights: Float64Array.of(0.5, 1, -2) };
  const found = eventsByProcess(layout, [0.3], allOfSample(data));
  const shown = found.map(({ process, at, count, x, y, weights }) => [
    process,
    at,
    count,
    [...x],
    [...y!],
    [...weights!],
  ]);
  assert.equal(shown, [
    [0, [0.3], 1, [-2], [2], [1]],
    [1, [0.3], 2, [-1, -3], [1, 3], [0.5, -2]],
  ]);
  // A category without events is no process.
  assert.is(eventsByProcess(layout, [0.3], { data, positions: Int32Array.of(0, 2) }).length, 1);
});

const sampleOf = (m: readonly number[], rows?: readonly number[], k?: readonly number[]) => ({
  data: { count: m.length, columns: { m: Float64Array.from(m), ...(k && { k: Float64Array.from(k) }) } },
  rows: rows && Int32Array.from(rows),
});

test("pairs are events of the same row; what a cut leaves in one sample counts in that alone", () => {
  const varied = sampleOf([10.1, 20.1, 40.1], [1, 2, 4]);
  const nominal = sampleOf([20, 30, 40], [2, 3, 4]);
  const pairs = eventPairs(varied, nominal)!;
  assert.equal([pairs.count, [...pairs.varied], [...pairs.nominal]], [4, [0, 1, -1, 2], [-1, 0, 1, 2]]);
  const [events, ...others] = eventsByProcess(
    layoutOf(morphOf([], 0), 0),
    [1],
    { data: varied.data, positions: pairs.varied },
    { data: nominal.data, positions: pairs.nominal },
  );
  assert.is(others.length, 0);
  assert.equal(
    [[...events!.x], [...events!.weights!]],
    [
      [10.1, 20.1, 30, 40.1],
      [1, 1, 0, 1],
    ],
  );
  const { x, weights } = events!.nominal!;
  assert.equal(
    [[...x], [...weights!]],
    [
      [10.1, 20, 30, 40],
      [0, 1, 1, 1],
    ],
  );
  // All events of one file in both.
  const whole = eventPairs(sampleOf([1, 2]), sampleOf([3, 4]))!;
  assert.equal(
    [[...whole.varied], [...whole.nominal]],
    [
      [0, 1],
      [0, 1],
    ],
  );
  // Selections that have nothing in common hold samples of their own.
  assert.is(eventPairs(sampleOf([1, 2], [0, 1]), sampleOf([1, 2], [2, 3])), undefined);
});

test("a pair whose events are of two categories counts in each of them on its side", () => {
  const layout = layoutOf(morphOf(["k"], 2), 0);
  const [varied, nominal] = [sampleOf([1, 2], undefined, [5, 7]), sampleOf([3, 4], undefined, [5, 5])];
  const every = Int32Array.of(0, 1);
  const found = eventsByProcess(
    layout,
    [1],
    { data: varied.data, positions: every },
    { data: nominal.data, positions: every },
  );
  const shown = found.map(({ process, x, weights, nominal: twin }) => {
    const of = (own: ArrayLike<number> | undefined) => own && Array.from(own);
    return [process, of(x), of(weights), of(twin!.x), of(twin!.weights)];
  });
  assert.equal(shown, [
    [0, [1, 4], [1, 0], [3, 4], undefined],
    [1, [2], undefined, [2], [0]],
  ]);
});

test.run();
