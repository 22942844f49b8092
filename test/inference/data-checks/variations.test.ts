/** Do samples of a nuisance differ from the nominal ones: what is seen, and how often something is where there is nothing. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  EFFECT_LEVEL,
  meansBy,
  nuisanceEffects,
  sampleDifferences,
} from "../../../inference/data-checks/variations.js";
import type { SimulatedEvents } from "../../../inference/model/sampling/simulated-events.js";
import { close } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";

const random = randomNumbers(17);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

type Event = readonly [x: number, y: number];
const draw = (count: number, event: () => Event = () => [normal(), normal()]): Event[] =>
  Array.from({ length: count }, event);

function sample(at: readonly number[], events: readonly Event[], weights?: readonly number[]): SimulatedEvents {
  const feature = (j: 0 | 1) => Float64Array.from(events, (event) => event[j]);
  const count = events.length;
  return {
    process: 0,
    at,
    count,
    x: feature(0),
    y: feature(1),
    ...(weights && { weights: Float64Array.from(weights) }),
  };
}

/** Probability that nothing differs, of one nuisance. */
function probability(nominal: SimulatedEvents, ...varied: SimulatedEvents[]): number {
  const [found, ...others] = nuisanceEffects(sampleDifferences([nominal, ...varied], [0]));
  assert.equal(others, []);
  return found!.pValue;
}

const N = 4000;

test("samples of one density: 2 of 200 below 0.01 on average, 9 or more with a probability of 2e-4", () => {
  let seen = 0;
  for (let i = 0; i < 200; i++) {
    const p = probability(sample([0], draw(500)), sample([1], draw(500)), sample([-1], draw(450)));
    if (p < EFFECT_LEVEL) seen++;
  }
  assert.ok(seen < 9, `${seen}`);
});

const EFFECTS: Readonly<Record<string, () => Event>> = {
  "a shift of 0.15 σ": () => [normal() + 0.15, normal()],
  "a width larger by 10%": () => [normal(), 1.1 * normal()],
  "a skewness of 0.5": () => {
    // A χ² of 32 degrees of freedom, standardised.
    let sum = 0;
    for (let k = 0; k < 32; k++) sum += normal() ** 2;
    return [(sum - 32) / 8, normal()];
  },
  "a correlation of 0.15, both features as they were": () => {
    const x = normal();
    return [x, 0.15 * x + Math.sqrt(1 - 0.15 ** 2) * normal()];
  },
};

for (const [name, varied] of Object.entries(EFFECTS)) {
  test(`${name} is seen in ${N} events`, () => {
    const p = probability(sample([0], draw(N)), sample([1], draw(N, varied)));
    assert.ok(p < 1e-4, `${p}`);
  });
}

test("a shift of 0.02 σ is seen in samples of 2^17 events: all of them are looked at", () => {
  const count = 2 ** 17;
  const p = probability(
    sample([0], draw(count)),
    sample(
      [1],
      draw(count, () => [normal() + 0.02, normal()]),
    ),
  );
  assert.ok(p < 1e-3, `${p}`);
});

test("the same events moved by a thousandth of their width, or weighted anew by a percent, differ", () => {
  const events = draw(N);
  const moved = events.map(([x, y]): Event => [x + 0.001, y]);
  assert.ok(probability(sample([0], events), sample([1], moved)) < 1e-9);
  const weights = events.map(([x]) => 1 + 0.01 * x);
  assert.ok(probability(sample([0], events), sample([1], events, weights)) < 1e-9);
});

test("copies do not differ, whatever their order, nor does a common factor of the weights", () => {
  const events = draw(N);
  assert.is(probability(sample([0], events), sample([1], events)), 1);
  assert.is(probability(sample([0], events), sample([1], [...events].reverse())), 1);
  const twice = events.map(() => 2);
  assert.is(probability(sample([0], events), sample([1], events, twice)), 1);
});

test("weights make means, and their own scatter: a weighted sample of one density does not differ", () => {
  // Drawn from a wider density, weighted back to the normal one.
  const wide = draw(N, () => [1.3 * normal(), normal()]);
  const weights = wide.map(([x]) => 1.3 * Math.exp((-x * x * (1 - 1 / 1.69)) / 2));
  const p = probability(sample([0], draw(N)), sample([1], wide, weights));
  assert.ok(p > 1e-3, `${p}`);
  assert.ok(probability(sample([0], draw(N)), sample([1], wide)) < 1e-9, "without them it does");
});

test("a nuisance is judged by its own samples, all of them, and by those of all processes", () => {
  const nominal = sample([0, 0], draw(N));
  const same = sample([1, 0], draw(N));
  const other = sample([0, 1], draw(N, EFFECTS["a shift of 0.15 σ"]));
  const both = sample([1, 1], draw(N, EFFECTS["a shift of 0.15 σ"]));
  const found = sampleDifferences([nominal, same, other, both], [0, 0]);
  const [first, second] = nuisanceEffects(found);
  assert.is(first!.nuisance, 0);
  // Four polynomials of two features, and their product.
  assert.is(first!.tests, 9);
  assert.ok(first!.pValue > EFFECT_LEVEL, `${first!.pValue}`);
  assert.ok(second!.pValue < 1e-4);
  const elsewhere = { nuisance: 0, pValues: [1e-9] };
  assert.ok(nuisanceEffects([...found, elsewhere])[0]!.pValue < 1e-7);
  assert.equal(sampleDifferences([same], [0, 0]), [], "nothing to compare with");
});

test("where samples lie is looked at once for each, however many nuisances there are", () => {
  const nominalValues = Array.from({ length: 60 }, () => 0);
  let looked = 0;
  const counted = (at: readonly number[]): SimulatedEvents =>
    Object.defineProperty({ ...sample(at, draw(3)) }, "at", {
      get: () => {
        looked++;
        return at;
      },
    });
  const samples = [undefined, ...nominalValues.keys()].map((moved) =>
    counted(nominalValues.map((_, k) => (k === moved ? 1 : 0))),
  );
  const found = sampleDifferences(samples, nominalValues);
  assert.equal(
    found.map(({ nuisance }) => nuisance),
    [...nominalValues.keys()],
  );
  assert.ok(looked <= 2 * samples.length * nominalValues.length, `${looked}`);
});

test("the nominal sample is prepared once for each portion, however many nuisances are compared with it", () => {
  const nominals = Array.from({ length: 20 }, () => 0);
  const events = sample(nominals, draw(2 ** 12));
  let prepared = 0;
  const nominal = Object.defineProperty({ ...events }, "x", {
    get: () => {
      prepared++;
      return events.x;
    },
  });
  const varied = nominals.map((_, k) =>
    sample(
      nominals.map((_, l) => (k === l ? 1 : 0)),
      draw(2 ** 12),
    ),
  );
  assert.is(sampleDifferences([nominal, ...varied], nominals).length, nominals.length);
  // 2^11 events, then all of them.
  assert.is(prepared, 2);
});

/** Nominal events, and others of which some lie outside, on an end, or on several at once. */
const DISTRIBUTIONS: Readonly<Record<string, () => number>> = {
  "normal events": normal,
  "whole numbers, many of them equal": () => Math.round(2 * normal()),
  "long tails, nearly all of them in one part in a thousand of their range": () => normal() / normal() ** 4,
  "a single value": () => 3,
  "a range that has no width in f64": () => (normal() > 0 ? 1e308 : -1e308),
};

for (const [name, value] of Object.entries(DISTRIBUTIONS)) {
  test(`features are mapped by the distribution of the nominal events: ${name}`, () => {
    const event = (): Event => [value(), normal()];
    const [nominal, others] = [draw(700, event), draw(500, event)];
    const ends = [-1, 1].map((sign): Event => [sign * Math.max(...nominal.map(([x]) => sign * x)), 0]);
    others.push(...ends, ...nominal.slice(0, 50), [-1.7e308, 0], [1.7e308, 0]);
    // 2 F - 1 by counting, equal ones half.
    const mapped = others.map(([x]) => {
      const [below, notAbove] = [nominal.filter(([own]) => own < x), nominal.filter(([own]) => own <= x)];
      return (below.length + notAbove.length) / nominal.length - 1;
    });
    const mean = mapped.reduce((sum, own) => sum + own, 0) / mapped.length;
    const meanSquare = mapped.reduce((sum, own) => sum + own * own, 0) / mapped.length;
    const { means } = meansBy(sample([0], nominal))(sample([1], others));
    close(means.subarray(0, 2), [mean, 1.5 * meanSquare - 0.5], { absolute: 1e-14, relative: 1e-12 }, "P_1 and P_2");
  });
}

test.run();
