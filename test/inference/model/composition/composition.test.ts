/** Compositions whose names do not fit together are refused, with the name that was probably meant. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Composition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import { rejects } from "../../../support/rejects.js";
import { parameter } from "../densities/samples.js";

const sound: Composition = {
  parameters: [parameter("mean", 2), parameter("slope", 0.3), parameter("width", 1)],
  columns: { mass: { range: [1, 4] }, t: {}, pass: { values: [0, 1] } },
  functions: {
    centre: { kind: "sum", summands: ["mean", "moved"] },
    moved: { kind: "product", factors: ["slope", "t"] },
  },
  densities: {
    peak: { kind: "gaussian", x: "mass", mean: "centre", sigma: "width" },
    flat: { kind: "uniform", x: "mass" },
    model: { kind: "mixture", summands: ["peak", "flat"], coefficients: [0.5] },
  },
};

test("what values and densities follow from is found through all names", () => {
  const checked = checkedComposition(sound);
  assert.equal(checked.columnsOf("centre"), ["t"]);
  assert.equal(checked.columnsOf("t"), ["t"]);
  assert.equal(checked.columnsOf(3), []);
  assert.equal([...checked.parametersOf("model")].sort(), ["mean", "slope", "width"]);
  assert.equal(checked.parametersOf("flat"), []);
  assert.equal(checked.shape("model"), {
    of: ["mass"],
    given: ["t"],
    isExtended: false,
    crossesKnots: false,
    hasKnots: false,
    groups: [{ of: ["mass"], given: [] }],
    isBatched: false,
  });
  assert.equal(checked.domain("t"), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  assert.equal(checked.classes("pass"), [0, 1]);
  assert.is(checked.classes("mass"), undefined);
});

test("compositions that are none are refused in one sentence", async () => {
  const functions = sound.functions!;
  const { densities, columns } = sound;
  const wrong: readonly [Partial<Composition>, RegExp][] = [
    [{ columns: { ...columns, mean: {} } }, /column mean: expected a name of its own, got .*a parameter/],
    [{ functions: { ...functions, slope: functions.moved! } }, /function slope: expected a name of its own/],
    [{ functions: { ...functions, t: functions.moved! } }, /column t: expected a name of its own, got .*a function/],
    [
      { functions: { ...functions, moved: { kind: "product", factors: ["slop", "t"] } } },
      /function moved: expected the name of .*got "slop".*Did you mean slope\?/,
    ],
    [
      { functions: { ...functions, moved: { kind: "sum", summands: ["centre"] } } },
      /function centre: expected no circle of names, got .*centre → moved → centre/,
    ],
    [{ functions: { ...functions, moved: { kind: "sum", summands: [] } } }, /function moved: expected at least one of/],
    [{ densities: { ...densities, flat: { kind: "uniform", x: "mas" } } }, /got "mas".*Did you mean mass\?/],
    [
      { densities: { ...densities, model: { kind: "mixture", summands: ["peek", "flat"], coefficients: [1] } } },
      /density model: expected a density .*got "peek".*Did you mean peak\?/,
    ],
    [{ densities: { ...densities, flat: { kind: "uniform", x: "t" } } }, /a range of t with a low and a high end/],
    [{ densities: { a: { kind: "ensemble", members: ["b"] }, b: { kind: "ensemble", members: ["a"] } } }, /a → b → a/],
    [{ densities: { a: { kind: "magic" } as never } }, /density a: expected a kind of density \(gaussian/],
    [{ densities: { a: null as never } }, /density a: expected an object for its form/],
    [{ densities: { a: { kind: "uniform", x: 3 } as never } }, /a text for x, got .*3/],
    [{ densities: { a: { kind: "uniform", x: "mass", y: 1 } as never } }, /options among kind, x, got .*y/],
    [{ columns: { ...columns, t: { range: [2, 1] } } }, /column t: expected a range from low to high/],
    [
      { columns: { ...columns, t: { range: [1, 2], values: [1] } } },
      /column t: expected a range or values, got .*both/,
    ],
    [{ columns: { ...columns, t: { values: [1, 1] } } }, /column t: expected different finite values/],
    [{ columns: { ...columns, t: { values: [] } } }, /different finite values/],
    [{ columns: { ...columns, t: { rang: [1, 2] } as never } }, /Did you mean range\?/],
    [{ columns: [] as never }, /a composition with an object as columns/],
  ];
  for (const [change, message] of wrong) await rejects(() => checkedComposition({ ...sound, ...change }), message);
  await rejects(() => checkedComposition(undefined as never), /a composition with/);
});

test.run();
