/** Trainings of a morph: stages, the event sets they look at, and weights by the names of nuisances. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { autoregressiveFlow, factorizableFlow } from "../../../../flows/architecture/architecture.js";
import {
  type Anchor,
  anchorSets,
  initialMorph,
  isLinearOnly,
  morphStages,
  stageFlow,
  stageSamples,
  withStageFlow,
} from "../../../../inference/model/training/morph.js";
import { part } from "../sampling/named-shapes.js";

const anchor = (process: number, ...at: number[]): Anchor => ({ process, at });

const SHAPES = [
  { name: "tilt", nominal: 0 },
  { name: "scale", nominal: 0.5 },
];

test("anchors off the nominal values fall into sets by what is off, by name", () => {
  const anchors = [
    anchor(0, 0, 0.5),
    anchor(0, 1, 0.5),
    anchor(0, -1, 0.5),
    anchor(1, 1, 0.5),
    anchor(0, 0, 1),
    anchor(0, 1, 1),
  ];
  assert.equal(anchorSets(anchors, SHAPES), [
    { name: "off-tilt", active: ["tilt"], anchors: 3 },
    { name: "off-scale", active: ["scale"], anchors: 1 },
    { name: "off-scale,tilt", active: ["scale", "tilt"], anchors: 1 },
  ]);
});

/** name: sets, with pairs where a `+` follows */
function stagesOf(sets: readonly string[], pairs: readonly [string, string][]): string[] {
  const anchorsOf = sets.map((name) => ({ name, active: name.split(","), anchors: 1 }));
  return morphStages(anchorsOf, pairs).map(
    ({ name, nuisances, withPairs, sets: own }) =>
      `${name}${withPairs ? "+" : ""} (${nuisances}): ${own.map((set) => set.name).join(" ")}`,
  );
}

test("nuisances are trained one at a time, and those that samples move together also together", () => {
  assert.equal(stagesOf(["b", "a", "c"], []), ["single.b (b): b", "single.a (a): a", "single.c (c): c"]);
  assert.equal(stagesOf(["a", "b", "a,b", "c"], [["b", "a"]]), [
    "single.a (a): a",
    "single.b (b): b",
    "single.c (c): c",
    "joint.a+ (a,b): a a,b b",
  ]);
  // Moved together, but with no term of their own.
  assert.equal(stagesOf(["a", "b", "a,b"], []), ["single.a (a): a", "single.b (b): b", "together.a (a,b): a a,b b"]);
  // b is off its nominal value only together with a: its own networks need that sample before the pair's see it.
  assert.equal(stagesOf(["a", "a,b"], [["a", "b"]]), [
    "single.a (a): a",
    "together.a (a,b): a a,b",
    "joint.a+ (a,b): a a,b",
  ]);
  // Two groups, of which the first is a chain.
  assert.equal(
    stagesOf(
      ["d,e", "b,c", "a,b"],
      [
        ["a", "b"],
        ["b", "c"],
        ["d", "e"],
      ],
    ),
    ["together.d (d,e): d,e", "joint.d+ (d,e): d,e", "together.a (a,b,c): a,b b,c", "joint.a+ (a,b,c): a,b b,c"],
  );
});

const FLOW = { features: 2, context: 1, hidden: [3], layers: 2 } as const;
const NOMINAL_FLOW = {
  architecture: autoregressiveFlow({
    features: 2,
    context: 1,
    hidden: [2],
    transforms: 1,
    transform: { kind: "affine" },
  }),
  weights: new Map(),
};

test("initial weights of a nuisance, and of a pair, follow from names alone", () => {
  const initial = (names: readonly string[], pairs: readonly [number, number][]) =>
    initialMorph(factorizableFlow({ ...FLOW, nuisances: names.map(() => ({})), pairs }), names, NOMINAL_FLOW, 7)
      .weights;
  const before = initial(["a", "b"], [[0, 1]]);
  const after = initial(["b", "c", "a"], [[0, 2]]);
  const tensor = (of: typeof before, name: string) => Array.from(of.get(`transforms.1.${name}.0.weight`)?.data ?? []);
  assert.ok(tensor(before, "nuisances.0").some((value) => value !== 0));
  assert.equal(tensor(after, "nuisances.2"), tensor(before, "nuisances.0"));
  assert.equal(tensor(after, "nuisances.0"), tensor(before, "nuisances.1"));
  assert.equal(tensor(after, "pairs.0-2"), tensor(before, "pairs.0-1"));
  assert.not.equal(tensor(after, "nuisances.1"), tensor(before, "nuisances.1"));
  assert.not.equal(tensor(before, "nuisances.0"), tensor(before, "nuisances.1"));
});

test("a stage's flow holds its own networks, in the stage's order, and gives them back", () => {
  const names = ["c", "b", "a"];
  const nuisances = [{ nominal: 3 }, { nominal: 2, linearOnly: true }, { nominal: 1 }];
  const whole = initialMorph(
    factorizableFlow({
      ...FLOW,
      nuisances,
      pairs: [
        [0, 2],
        [0, 1],
      ],
    }),
    names,
    NOMINAL_FLOW,
    7,
  );
  const stage = { name: "joint.a", nuisances: ["a", "c"], sets: [], withPairs: true };
  const part = stageFlow(whole, stage);
  assert.equal(
    part.architecture.nuisances.map(({ nominal }) => nominal),
    [1, 3],
  );
  assert.equal(part.architecture.pairs, [[0, 1]]);
  assert.equal(stageFlow(whole, { ...stage, withPairs: false }).architecture.pairs, []);
  const moved = new Map(
    [...part.weights].map(([name, { shape, data }]) => [name, { shape, data: data.map((value) => value + 1) }]),
  );
  const after = withStageFlow(whole, { ...part, weights: moved }).weights;
  for (const [name, { data }] of whole.weights) {
    const isMoved = /nuisances\.[02]\.|pairs\.0-2\./.test(name);
    assert.equal(
      Array.from(after.get(name)!.data),
      Array.from(data, (value) => value + (isMoved ? 1 : 0)),
      name,
    );
  }
});

test("samples of a stage: what is off, at values of the stage's nuisances alone", () => {
  const events = [part(0, [0, 0.5], [1]), part(0, [1, 0.5], [2]), part(0, [1, 2], [3]), part(0, [0, 2], [4])];
  const [, single] = morphStages(anchorSets(events, SHAPES), []);
  assert.equal(
    stageSamples(single!, events, SHAPES)["off-scale"]!.map(({ at, x }) => [at, x[0]]),
    [[[2], 4]],
  );
});

test("a quadratic term needs two values off the nominal value in every process that is simulated off it", () => {
  assert.is(isLinearOnly([anchor(0, 0), anchor(0, 1)], 0, 0), true);
  assert.is(isLinearOnly([anchor(0, 0), anchor(0, 1), anchor(0, -1)], 0, 0), false);
  assert.is(isLinearOnly([anchor(0, 1), anchor(0, 2)], 0, 0), false);
  assert.is(isLinearOnly([anchor(0, 1), anchor(0, -1), anchor(1, 1)], 0, 0), true);
});

test.run();
