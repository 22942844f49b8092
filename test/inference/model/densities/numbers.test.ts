/**
 * Every number of every density may be a number, a parameter, an expression or a network of columns that the density is conditional on: log p and its
 * gradient are the same in the four ways. A kind whose numbers no sample has does not compile.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { factorizableFlow } from "../../../../flows/architecture/architecture.js";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import { type CheckedComposition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import { type DensityForm, densityKind, densityKinds } from "../../../../inference/model/densities/densities.js";
import type { FunctionForm } from "../../../../inference/model/functions/functions.js";
import { type NetworkModel, networkTensors } from "../../../../inference/model/functions/network.js";
import type { Value } from "../../../../inference/model/language/environment.js";
import { type TestBackend, testBackends } from "../../../support/backends.js";
import { random } from "../likelihood/mixture-samples.js";
import type { Columns } from "./density-sample.js";
import { withLikelihood } from "./evaluate-density.js";
import { parameter } from "./samples.js";

type Kind = DensityForm["kind"];
type FormOf<K extends Kind> = Extract<DensityForm, { readonly kind: K }>;

/** Entries of a form that are numbers, or lists of numbers, by any name. */
type Entry<F> = {
  [N in keyof F]-?: number extends F[N] ? N : F[N] extends readonly (infer E)[] ? (Value extends E ? N : never) : never;
}[keyof F];

/** Its numbers, each a V. Those of three kinds are not entries of the form, or not all of them at once. */
type Numbers<K extends Kind, V> = K extends "generic"
  ? { readonly a: V; readonly b: V }
  : K extends "transported"
    ? { readonly shift: V; readonly scale: V }
    : K extends "bernoulli"
      ? { readonly number: V }
      : { readonly [N in Entry<FormOf<K>>]: FormOf<K>[N] extends readonly Value[] ? readonly V[] : V };

interface NumbersSample<K extends Kind> {
  readonly numbers: Numbers<K, number>;
  /** Three events of each column. */
  readonly events: Readonly<Record<string, readonly number[]>>;
  readonly form: (numbers: Numbers<K, Value>) => FormOf<K> | Promise<FormOf<K>>;
  readonly columns?: Columns;
  /** That the form is made of. */
  readonly parts?: Readonly<Record<string, DensityForm>>;
}

/** Samples of a kind, or that it has no numbers. */
type Samples<K extends Kind> = keyof Numbers<K, Value> extends never ? "none" : readonly NumbersSample<K>[];

const mass: Columns = { m: { range: [1, 4] } };
const events = { m: [1.3, 2.2, 3.6] };
const morph = random(
  factorizableFlow({ features: 1, context: 0, layers: 1, hidden: [8], nuisances: [{}, {}], pairs: [[0, 1]] }),
  71,
);
const exponentials = {
  one: { kind: "exponential", x: "m", c: 0.7 },
  other: { kind: "exponential", x: "m", c: -0.4 },
} as const;
const polynomial = [1.2, 0.4, 0.3];

const samples: { readonly [K in Kind]: Samples<K> } = {
  gaussian: [{ numbers: { mean: 2.3, sigma: 0.8 }, events, form: (own) => ({ kind: "gaussian", x: "m", ...own }) }],
  exponential: [{ numbers: { c: 0.6 }, events, form: (own) => ({ kind: "exponential", x: "m", ...own }) }],
  johnson: [
    {
      numbers: { mu: 2.1, lambda: 0.8, gamma: -0.4, delta: 1.3 },
      events,
      form: (own) => ({ kind: "johnson", x: "m", ...own }),
    },
  ],
  lognormal: [{ numbers: { mu: 0.7, sigma: 0.5 }, events, form: (own) => ({ kind: "lognormal", x: "m", ...own }) }],
  "generalized-normal": [
    {
      numbers: { mean: 2.4, alpha: 1.1, beta: 1.7 },
      events,
      form: (own) => ({ kind: "generalized-normal", x: "m", ...own }),
    },
  ],
  crystalball: [
    {
      numbers: { m0: 2.3, sigma_L: 0.4, sigma_R: 0.3, alpha_L: 1.1, alpha_R: 1.6, n_L: 3.4, n_R: 2.3 },
      events,
      form: (own) => ({ kind: "crystalball", m: "m", ...own }),
    },
  ],
  "relativistic-breit-wigner": [
    {
      numbers: { mass: 2.2, Gamma: 0.4 },
      events,
      form: (own) => ({ kind: "relativistic-breit-wigner", x: "m", ...own }),
    },
  ],
  voigt: [
    { numbers: { mean: 2.2, width: 0.3, sigma: 0.2 }, events, form: (own) => ({ kind: "voigt", x: "m", ...own }) },
  ],
  argus: [
    {
      numbers: { resonance: 4.3, slope: -3.1, power: 0.6 },
      events,
      form: (own) => ({ kind: "argus", mass: "m", ...own }),
    },
  ],
  "cms-shape": [
    {
      numbers: { alpha: 1.7, beta: 1.3, gamma: 0.4 },
      events,
      form: (own) => ({ kind: "cms-shape", x: "m", ...own }),
    },
  ],
  polynomial: [
    { numbers: { coefficients: polynomial }, events, form: (own) => ({ kind: "polynomial", x: "m", ...own }) },
  ],
  chebychev: [
    { numbers: { coefficients: [-0.4, 0.2] }, events, form: (own) => ({ kind: "chebychev", x: "m", ...own }) },
  ],
  bernstein: [
    { numbers: { coefficients: polynomial }, events, form: (own) => ({ kind: "bernstein", x: "m", ...own }) },
  ],
  uniform: "none",
  generic: [
    {
      numbers: { a: 0.8, b: 2.1 },
      events,
      form: async ({ a, b }) => ({
        kind: "generic",
        x: "m",
        expression: await parseExpression(`0.2 + exp(-(${a}) * (m - (${b}))^2)`, "a test"),
      }),
    },
  ],
  bernoulli: [
    {
      numbers: { number: 0.3 },
      events: { k: [1, 0, 1] },
      columns: { k: { values: [0, 1] } },
      form: ({ number }) => ({ kind: "bernoulli", x: "k", p: number }),
    },
    {
      numbers: { number: -0.8 },
      events: { k: [1, 0, 1] },
      columns: { k: { values: [0, 1] } },
      form: ({ number }) => ({ kind: "bernoulli", x: "k", logit: number }),
    },
  ],
  mixture: [
    {
      numbers: { coefficients: [0.3] },
      events,
      parts: exponentials,
      form: (own) => ({ kind: "mixture", summands: ["one", "other"], ...own }),
    },
    {
      numbers: { coefficients: [30, 50] },
      events,
      parts: exponentials,
      form: (own) => ({ kind: "mixture", summands: ["one", "other"], ...own }),
    },
  ],
  categories: [
    {
      numbers: { coefficients: [3, 5] },
      events,
      columns: { process: { values: [0.5, 1.5] } },
      parts: { both: { kind: "exponential", x: "m", c: "process" } },
      form: (own) => ({ kind: "categories", density: "both", over: "process", ...own }),
    },
  ],
  product: "none",
  conditional: "none",
  truncated: "none",
  ensemble: "none",
  flow: "none",
  morphed: [
    {
      numbers: { nuisances: [0.6, -0.7] },
      events,
      parts: exponentials,
      form: (own) => ({ kind: "morphed", density: "one", of: ["m"], morph, ...own }),
    },
  ],
  transported: [
    {
      numbers: { shift: 0.2, scale: 1.2 },
      events,
      parts: { peak: { kind: "gaussian", x: "m", mean: 1.9, sigma: 0.7 } },
      form: (own) => ({ kind: "transported", density: "peak", affine: { m: own } }),
    },
  ],
};

/** Any sample, its kind forgotten. */
type AnySample = Omit<NumbersSample<Kind>, "numbers" | "form"> & {
  readonly numbers: Readonly<Record<string, number | readonly number[]>>;
  readonly form: (numbers: Readonly<Record<string, Value | readonly Value[]>>) => DensityForm | Promise<DensityForm>;
};

const all = Object.entries(samples).flatMap(([kind, own]) =>
  own === "none" ? [] : (own as unknown as readonly AnySample[]).map((sample) => ({ kind: kind as Kind, sample })),
);

const numbersOf = ({ numbers }: AnySample): readonly number[] => Object.values(numbers).flat();

/** The form with these in place of its numbers, in their order. */
function formWith({ numbers, form }: AnySample, values: readonly Value[]): DensityForm | Promise<DensityForm> {
  let next = 0;
  const own = Object.entries(numbers).map(([name, value]) => [
    name,
    typeof value === "number" ? values[next++]! : value.map(() => values[next++]!),
  ]);
  return form(Object.fromEntries(own));
}

/** The condition of each event. */
const CONDITIONS = [-1, 0.4, 2];
/** Where the parameters of networks are. */
const SHIFT = 0.3;
const FIRST = [
  [0.7, -0.4],
  [-0.3, 0.9],
] as const;
const OFFSETS = [0.2, -0.1] as const;

/** A network of t and a parameter whose value is within some 10 % of a number, and what it is and its slope in the parameter at SHIFT, written anew. */
function networkAbout(value: number) {
  const last = [0.05 * value, -0.07 * value] as const;
  const network: NetworkModel = {
    architecture: { inputs: 2, hidden: [2], outputs: 1, activation: "tanh" },
    weights: new Map(),
  };
  const data = [FIRST.flat(), OFFSETS, last, [value]];
  const weights = networkTensors(network.architecture).map(
    ({ name, shape }, i) => [name, { shape, data: Float64Array.from(data[i]!) }] as const,
  );
  const hidden = (t: number) => FIRST.map(([ofT, ofShift], j) => Math.tanh(ofT * t + ofShift * SHIFT + OFFSETS[j]!));
  return {
    network: { ...network, weights: new Map(weights) },
    at: (t: number) => hidden(t).reduce((sum, h, j) => sum + last[j]! * h, value),
    slope: (t: number) => hidden(t).reduce((sum, h, j) => sum + last[j]! * (1 - h * h) * FIRST[j]![1], 0),
  };
}

/** The expression of a parameter that stands for a number. */
const [FACTOR, OFFSET] = [1.25, 0.5];
const expression = (i: number) => parseExpression(`${FACTOR} * q${i} + ${OFFSET}`, "a test");

type Way = "number" | "parameter" | "expression" | "network";

interface Evaluated {
  /** [events] */
  readonly logProb: readonly number[];
  /** Of log p in the number, by events [numbers][events]; of numbers as such none. */
  readonly slopes: readonly (readonly number[])[];
}

/** log p of all events, and its gradient, with each number in its way. @param numbers  networks are about the sample's */
async function evaluated(
  sample: AnySample,
  numbers: readonly number[],
  wayOf: (i: number) => Way,
  backend: TestBackend,
): Promise<Evaluated> {
  const about = numbersOf(sample).map(networkAbout);
  const names: Readonly<Record<Way, (i: number) => Value>> = {
    number: (i) => numbers[i]!,
    parameter: (i) => `p${i}`,
    expression: (i) => `f${i}`,
    network: (i) => `n${i}`,
  };
  const places = [...numbers.keys()];
  const functions: Record<string, FunctionForm> = {};
  for (const i of places) {
    if (wayOf(i) === "expression") functions[`f${i}`] = { kind: "expression", expression: await expression(i) };
    if (wayOf(i) === "network") {
      const { network } = about[i]!;
      functions[`n${i}`] = { kind: "network", of: ["t"], parameters: [`s${i}`], output: "none", network };
    }
  }
  const starts: Readonly<Record<Way, (i: number) => readonly [string, number] | undefined>> = {
    number: () => undefined,
    parameter: (i) => [`p${i}`, numbers[i]!],
    expression: (i) => [`q${i}`, (numbers[i]! - OFFSET) / FACTOR],
    network: (i) => [`s${i}`, SHIFT],
  };
  const parameters = places.flatMap((i) => {
    const own = starts[wayOf(i)](i);
    return own === undefined ? [] : [parameter(...own)];
  });
  const form = await formWith(
    sample,
    places.map((i) => names[wayOf(i)](i)),
  );
  const composition: CheckedComposition = checkedComposition({
    columns: { ...mass, ...sample.columns, t: {} },
    // Likelihoods have at least one free parameter.
    parameters: [...parameters, parameter("unused", 1)],
    functions,
    densities: { ...sample.parts, model: form },
  });
  const columns = Object.fromEntries(
    Object.entries({ ...sample.events, t: CONDITIONS }).map(([name, values]) => [name, Float64Array.from(values)]),
  );
  const own = await backend.create();
  try {
    return await withLikelihood(own, composition, "model", columns, async (likelihood, theta) => {
      const logProb = [...(await likelihood.logProb("events", theta))];
      const scores = await likelihood.eventScores("events", theta);
      const slopeOf = (i: number, e: number) => {
        const name = starts[wayOf(i)](i)?.[0];
        if (name === undefined) return 0;
        const score = scores[likelihood.names.indexOf(name) * CONDITIONS.length + e]!;
        const by = { number: 1, parameter: 1, expression: FACTOR, network: about[i]!.slope(CONDITIONS[e]!) };
        return score / by[wayOf(i)];
      };
      return { logProb, slopes: places.map((i) => logProb.map((_, e) => slopeOf(i, e))) };
    });
  } finally {
    await own.close();
  }
}

/** Each way computes the same number to a rounding or two; slopes and logarithms are of order 10 at most. */
const ROUNDING = 1e-11;

const isNear = (got: number, wanted: number, allowed: number) =>
  Math.abs(got - wanted) <= allowed * Math.max(1, Math.abs(wanted));

function checkEvent(own: Evaluated, wanted: Evaluated, e: number): void {
  const [got, value] = [own.logProb[e]!, wanted.logProb[e]!];
  assert.ok(isNear(got, value, ROUNDING), `log p of event ${e} is ${got}, wanted ${value}`);
  own.slopes.forEach((slopes, i) => {
    const [slope, other] = [slopes[e]!, wanted.slopes[i]![e]!];
    assert.ok(isNear(slope, other, ROUNDING), `slope in number ${i} of event ${e} is ${slope}, wanted ${other}`);
  });
}

const exact = testBackends().filter(({ precision }) => precision === "f64");
const [reference] = exact.filter(({ name }) => name === "reference") as [TestBackend];

for (const { kind, sample } of all) {
  const numbers = numbersOf(sample);
  const places = [...numbers.keys()];
  const title = `${kind} of ${numbers.length} numbers`;
  /** Those that the networks give each event [events][numbers]. */
  const ofEvents = CONDITIONS.map((t) => numbers.map((value) => networkAbout(value).at(t)));

  test(`${title}: as parameters they have the values and the slopes of numbers`, async () => {
    const whole = await evaluated(sample, numbers, () => "parameter", reference);
    const plain = await evaluated(sample, numbers, () => "number", reference);
    for (const [e, own] of whole.logProb.entries())
      assert.ok(isNear(own, plain.logProb[e]!, ROUNDING), `log p of event ${e}`);
    for (const i of places) {
      // Central differences: their error is of the order of h², and of 1e-16 over h.
      const h = 1e-5 * Math.max(1, Math.abs(numbers[i]!));
      const moved = (by: number) => numbers.map((value, j) => (j === i ? value + by : value));
      const [above, below] = [
        await evaluated(sample, moved(h), () => "number", reference),
        await evaluated(sample, moved(-h), () => "number", reference),
      ];
      const slopes = above.logProb.map((own, e) => (own - below.logProb[e]!) / (2 * h));
      slopes.forEach((wanted, e) => {
        const own = whole.slopes[i]![e]!;
        assert.ok(isNear(own, wanted, 1e-7), `slope in number ${i} of event ${e} is ${own}, wanted ${wanted}`);
      });
      assert.ok(
        slopes.some((own) => Math.abs(own) > 1e-3),
        `log p hardly depends on number ${i}: ${slopes}`,
      );
    }
  });

  for (const backend of exact) {
    test(`${title}: expressions and networks in their place change nothing, all at once, on ${backend.name}`, async () => {
      const networks = await evaluated(sample, numbers, () => "network", backend);
      for (const e of CONDITIONS.keys()) {
        const wanted = await evaluated(sample, ofEvents[e]!, () => "parameter", reference);
        checkEvent(await evaluated(sample, ofEvents[e]!, () => "expression", backend), wanted, e);
        checkEvent(networks, wanted, e);
      }
    });
  }

  test(`${title}: a network in place of one of them changes nothing`, async () => {
    for (const i of places) {
      const one = await evaluated(sample, numbers, (j) => (j === i ? "network" : "parameter"), reference);
      for (const e of CONDITIONS.keys()) {
        const own = numbers.map((value, j) => (j === i ? ofEvents[e]![j]! : value));
        checkEvent(one, await evaluated(sample, own, () => "parameter", reference), e);
      }
    }
  });
}

test("the samples have all numbers that the kinds say they depend on", async () => {
  assert.equal(Object.keys(samples).sort(), [...densityKinds].sort());
  for (const { kind, sample } of all) {
    const names = numbersOf(sample).map((_, i) => `p${i}`);
    const form = await formWith(sample, names);
    assert.equal([...densityKind(kind, form).values(form)].sort(), names, kind);
  }
});

test.run();
