import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  add,
  div,
  exp,
  mul,
  reshape,
  slice,
  square,
  sub,
  sum,
  sumEvents,
  tanh,
} from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { constantRate, type RateSchedule, warmUpCosine } from "../../../flows/training/learning-rate.js";
import { adam, adamw, type Optimiser, optimise, radam } from "../../../flows/training/optimiser.js";
import { testBackends } from "../../support/backends.js";

/** Made by optimisers.py beside it with torch.optim; versions and date inside. */
const reference = JSON.parse(
  readFileSync(new URL("../../../../test/references/optimisers.json", import.meta.url), "utf8"),
) as { x: number[]; y: number[]; steps: number; trajectories: Record<string, number[][]> };

interface Case {
  readonly a: Optimiser;
  readonly b: Optimiser;
  readonly rate?: RateSchedule;
}

const both = (optimiser: Optimiser): Case => ({ a: optimiser, b: optimiser });
const cases: Record<string, Case> = {
  adam: both(adam({ learningRate: 0.05 })),
  "adam, other betas and epsilon": both(adam({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 })),
  adamw: both(adamw({ learningRate: 0.05 })),
  "adamw, weight decay 0.3": both(adamw({ learningRate: 0.05, weightDecay: 0.3 })),
  radam: both(radam({ learningRate: 0.05 })),
  "radam, beta2 0.9": both(radam({ learningRate: 0.05, beta2: 0.9 })),
  "radam on a, adamw on b, cosine": {
    a: radam({ learningRate: 0.02 }),
    b: adamw({ learningRate: 0.1 }),
    rate: warmUpCosine(),
  },
};

/** The loss of optimisers.py. */
function problem(tape: Tape) {
  const x = tape.column("x", [2]);
  const y = tape.column("y");
  const [a, b] = [tape.parameter("a", [2]), tape.parameter("b", [2])];
  const component = (of: typeof a, i: number) => reshape(slice(of, 0, i, i + 1), []);
  const wave = tanh(reshape(sum(mul(a, x), 0), []));
  const growth = mul(component(b, 0), exp(mul(component(b, 1), component(x, 0))));
  return { a, b, loss: div(sumEvents(square(sub(add(wave, growth), y))), 5) };
}

for (const { name: backendName, precision, create } of testBackends()) {
  // Rounding of the f32 state grows along the trajectory by Adam's division by small moments.
  const tolerance = precision === "f64" ? 1e-12 : 2e-5;

  const backend = create();
  test.after(async () => (await backend).close());

  for (const [name, { a, b, rate = constantRate }] of Object.entries(cases)) {
    test(`${name} follows torch.optim on ${backendName} ${precision}`, async () => {
      const model = problem(new Tape());
      const groups = [
        { parameters: [model.a], optimiser: a },
        { parameters: [model.b], optimiser: b },
      ];
      const { updates, moments, schedule } = optimise(model.loss, groups);
      const program = await (await backend).compile({ outputs: { loss: model.loss, a: model.a, b: model.b }, updates });
      await program.bind({ x: Float64Array.from(reference.x), y: Float64Array.from(reference.y) });
      await program.write({ a: [0.4, -0.7], b: [0.9, -0.3], ...moments });
      const all = Int32Array.of(0, 1, 2, 3, 4);
      const expected = reference.trajectories[name]!;
      // In groups of 1, 2, 3, ... steps: how steps are grouped must not matter.
      for (let done = 0, count = 1; done < reference.steps; done += count, count++) {
        count = Math.min(count, reference.steps - done);
        const { loss } = await program.steps({
          count,
          indices: { events: Int32Array.from({ length: 5 * count }, (_, i) => all[i % 5]!) },
          schedule: schedule(done, count, (step) => rate(step, reference.steps)),
        });
        const state = await program.read(["a", "b"]);
        const got = [loss!.at(-1)!, ...state.a!, ...state.b!];
        const wanted = expected[done + count - 1]!;
        got.forEach((value, i) => {
          assert.ok(Math.abs(value - wanted[i]!) <= tolerance, `${done + count}, ${i}: ${value} against ${wanted[i]}`);
        });
      }
      await program.close();
    });
  }
}

test("radam takes plain momentum steps as long as ρ_t <= 5 and rectified ones after", () => {
  const [tape, learningRate] = [new Tape(), 0.5];
  const theta = tape.parameter("theta");
  const { schedule } = optimise(square(theta), [{ parameters: [theta], optimiser: radam({ learningRate }) }]);
  const offsets = schedule(0, 8, () => 1)["adam.0.offset"]!;
  // With β2 = 0.999: ρ_5 = 4.996, ρ_6 = 5.994.
  assert.equal(Array.from(offsets), [1, 1, 1, 1, 1, 1e-8, 1e-8, 1e-8]);
});

test("warm-up rises linearly to 1, then half a cosine falls to the final factor", () => {
  const rate = warmUpCosine({ warmUpSteps: 4, final: 0.1 });
  assert.equal(
    [0, 1, 2, 3, 4].map((step) => rate(step, 104)),
    [0.25, 0.5, 0.75, 1, 1],
  );
  assert.ok(Math.abs(rate(54, 104) - 0.55) < 1e-15);
  assert.ok(Math.abs(rate(104, 104) - 0.1) < 1e-15);
  assert.is(constantRate(7, 10), 1);
});

test("wrong optimiser and schedule settings are refused with what was expected", () => {
  assert.throws(() => adam({ learningRate: 0 }), /adam: expected learningRate > 0, .* got learningRate = 0,/);
  assert.throws(
    () => radam({ learningRate: 1, beta2: 1 }),
    /radam: expected .* betas in \[0, 1\), .* betas 0.9 and 1,/,
  );
  assert.throws(() => warmUpCosine({ warmUpSteps: -1 }), /warmUpCosine: expected .* got warmUpSteps = -1, final = 0/);
  const tape = new Tape();
  const theta = tape.parameter("theta");
  const optimiser = adam({ learningRate: 1 });
  const twice = [
    { parameters: [theta], optimiser },
    { parameters: [theta], optimiser },
  ];
  assert.throws(() => optimise(square(theta), twice), /optimise: expected .* each in one group, got "theta" twice/);
  assert.throws(() => optimise(square(theta), []), /optimise: expected at least one parameter, .* got none/);
  const product = mul(theta, 2);
  assert.throws(
    () => optimise(square(product), [{ parameters: [product], optimiser }]),
    /expected parameters of the tape, got a node of operation "mul". Give what tape.parameter returned/,
  );
});

test.run();
