/** JSON from a file, before anything of it is trusted: whatever it is, it has the form of an architecture or is refused in a sentence. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../engine/errors.js";
import { autoregressiveFlow, couplingFlow, factorizableFlow } from "../../../flows/architecture/architecture.js";
import { checkForm, isData, shownData } from "../../../flows/architecture/form.js";
import type { Architecture } from "../../../flows/architecture/kinds.js";

const spline = { kind: "spline", bins: 4, bound: 5 } as const;
const base = { features: 2, context: 1, hidden: [8] };

const samples: Readonly<Record<Architecture["kind"], Architecture>> = {
  autoregressive: autoregressiveFlow({ ...base, transforms: 2, transform: spline }),
  coupling: couplingFlow({ ...base, transforms: 2, transform: { kind: "affine" } }),
  factorizable: factorizableFlow({ ...base, layers: 1, nuisances: [{}, { linearOnly: true }], pairs: [[0, 1]] }),
};

const asJson = (architecture: Architecture) => JSON.parse(JSON.stringify(architecture)) as Record<string, unknown>;

/** The message with which data are refused; undefined where they are not. */
function refusal(data: unknown): string | undefined {
  try {
    checkForm(data);
    return undefined;
  } catch (error) {
    assert.instance(error, UsageError, String(error));
    return (error as Error).message;
  }
}

for (const [kind, architecture] of Object.entries(samples)) {
  test(`${kind}: JSON of an architecture has its form`, () => {
    assert.is(refusal(asJson(architecture)), undefined);
  });

  test(`${kind}: without an entry, or with one of another type, it is refused`, () => {
    const data = asJson(architecture);
    for (const name of Object.keys(data)) {
      const { [name]: _, ...rest } = data;
      assert.match(refusal(rest) ?? `nothing said without ${name}`, /^architecture: expected /);
      for (const other of [null, {}, [null]]) {
        const changed = { ...data, [name]: other };
        assert.match(refusal(changed) ?? `nothing said of ${name} = ${shownData(other)}`, /^architecture: expected /);
      }
    }
  });
}

const { autoregressive, coupling, factorizable } = samples;

/** What is no architecture, and what is said. */
const REFUSED: readonly (readonly [unknown, RegExp])[] = [
  [undefined, /^architecture: expected an architecture with its kind, got nothing$/],
  [[], /expected an architecture with its kind, got \[\]$/],
  [{ kind: "planar" }, /expected a flow of kind autoregressive, coupling or factorizable, got "planar"$/],
  [{ kind: "toString" }, /expected a flow of kind .*, got "toString"$/],
  [{ ...coupling, features: "2" }, /expected numbers of features and context columns, got \["2",1\]$/],
  [{ ...coupling, activation: 1 }, /expected an activation, got 1$/],
  [{ ...coupling, standardisation: "all" }, /expected standardisation none, input or both, got "all"$/],
  [{ ...coupling, layers: {} }, /expected a list of coupling layers with passive features and hidden units, got \{\}$/],
  [{ ...coupling, layers: [7] }, /expected coupling layers with passive features and hidden units, got 7$/],
  [{ ...coupling, transform: "affine" }, /expected a transform with its kind, got "affine"$/],
  [{ ...coupling, transform: { kind: "cubic" } }, /expected a transform of kind "affine" or "spline", got "cubic"$/],
  [
    { ...autoregressive, transform: { kind: "spline", bins: "4", bound: 5 } },
    /expected a spline with a number of bins and a bound, got \{"kind":"spline","bins":"4","bound":5\}$/,
  ],
  [
    { ...autoregressive, transform: { ...spline, scaled: 1 } },
    /expected a spline with a number of bins and a bound, got \{"kind":"spline","bins":4,"bound":5,"scaled":1\}$/,
  ],
  [
    { ...autoregressive, layers: [{ order: [0, 1], hidden: [8] }] },
    /expected layers with an order and units by degree, got \{"order":\[0,1\],"hidden":\[8\]\}$/,
  ],
  [{ ...factorizable, nuisances: [{ nominal: 0, scale: 1 }] }, /expected nuisances with nominal, scale and linearOnly/],
  [
    { ...factorizable, nuisances: [{ nominal: 0, scale: 1, linearOnly: true, networks: [[8]] }] },
    /expected nuisances with nominal, scale and linearOnly, got/,
  ],
  [{ ...factorizable, pairs: [[0, 1, 2]] }, /expected pairs of nuisances, got \[0,1,2\]$/],
  [{ ...factorizable, shiftFirst: "yes" }, /expected shiftFirst true or false, got "yes"$/],
  [{ ...factorizable, pairDamping: -1 }, /expected dampings of at least 0, got \[.*,-1\]$/],
];

test("each mistake is named with what is there instead", () => {
  for (const [data, message] of REFUSED) assert.match(refusal(data) ?? "nothing was refused", message);
});

test("random JSON in any place never ends otherwise than in a UsageError, or in the form of an architecture", () => {
  const places = Object.values(samples).flatMap((architecture) =>
    Object.keys(architecture).map((name) => [architecture, name] as const),
  );
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue(), ([architecture, name], value) => {
      if (refusal({ ...asJson(architecture), [name]: value }) !== undefined) refused++;
      if (refusal(value) !== undefined) refused++;
    }),
    { seed: 12, numRuns: 500 },
  );
  assert.ok(refused > 500, `${refused} refused`);
});

test("data in messages are short, however deep and long they are", () => {
  assert.is(shownData({ a: [1, "b"] }), '{"a":[1,"b"]}');
  assert.is(shownData(undefined), "nothing");
  assert.is(shownData("a".repeat(1000)).length, 200);
  assert.is(shownData(new Array(201).fill(0)), "a list of 201");
  let deep: unknown = [];
  for (let i = 0; i < 10 ** 5; i++) deep = [deep];
  assert.is(shownData(deep), "lists in lists without end");
});

test("data are objects with names, not lists and not null", () => {
  assert.equal([{}, [], null, "a", 1, undefined].map(isData), [true, false, false, false, false, false]);
});

test.run();
