/** Terms of likelihoods together: normal events of unit width around θ, whose sums are closed forms. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { add, broadcastEvents, log, mul, reshape, square, sub } from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { bindComposition, TapeParts } from "../../../../inference/model/composition/bind-composition.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import {
  type BoundSample,
  boundTerms,
  constraintTerm,
  extendedTerm,
  logProbOf,
  observedOf,
  parameterPrograms,
  scoresOf,
} from "../../../../inference/model/likelihood/bound-terms.js";
import { eventPrograms } from "../../../../inference/model/likelihood/event-programs.js";
import { type Traced, WEIGHT } from "../../../../inference/model/likelihood/likelihood-terms.js";
import { close } from "../../../support/close.js";

/** Sums of 40 000 terms of order one: their roundings. */
const SUMS = { absolute: 1e-9, relative: 1e-11 };

/** -(x - θ)² / 2 of every event. */
function sampleOf(x: Float64Array, weights: Float64Array, constant?: number): BoundSample {
  const tape = new Tape();
  const nu = tape.parameter("nu", [1]);
  const ownNu = broadcastEvents(nu, tape.events());
  const column = tape.column("x");
  const logProb = (theta: Var) => mul(square(sub(column, reshape(theta, []))), -0.5);
  const traced = { nu, ownNu, logProb: logProb(nu), ownScore: logProb(ownNu), weight: tape.column(WEIGHT) };
  const member = { parameters: {}, columns: {} };
  const events = eventPrograms({
    backend: referenceBackend(),
    traced: traced as unknown as Record<keyof Traced, Var>,
    events: { columns: { x, [WEIGHT]: weights }, count: x.length },
    members: [member],
    cacheBytes: 0,
  });
  return { events, member, count: x.length, ...(constant !== undefined && { constant }) };
}

const COUNT = 40_000;
const many = Float64Array.from({ length: COUNT }, (_, i) => Math.sin(i));
const ofMany = Float64Array.from({ length: COUNT }, (_, i) => 1 + (i % 3));
const few = Float64Array.of(0.5, -1, 2);
const ofFew = Float64Array.of(1, 2, -1);
const THETA = 0.3;

const both = (of: (x: number, w: number) => number) =>
  [[many, ofMany] as const, [few, ofFew] as const].map(([x, w]) => x.reduce((sum, own, i) => sum + of(own, w[i]!), 0));

/** θ that another measurement found to be 1 ± 0.5. */
const composition = checkedComposition({
  parameters: [
    { name: "theta", start: 0, constraint: { kind: "normal", observed: 1, sigma: 0.5 } },
    { name: "fixed", start: 2, isFixed: true },
  ],
  columns: {},
  densities: {},
});

async function opened() {
  const tape = new Tape();
  const nu = tape.parameter("nu", [1]);
  const at = bindComposition(composition, nu, {}, new TapeParts());
  // Eight events expected at θ = 0, ten observed.
  const expected = add(reshape(nu, []), 8);
  const extended = extendedTerm(expected, log(expected), observedOf({ count: 10 }));
  return parameterPrograms(nu, constraintTerm(composition.parameters, at), [extended], {});
}

test("value, gradient and Hessian are sums over samples and of the terms of parameters, in portions and at once", async () => {
  const samples = [sampleOf(many, ofMany), sampleOf(few, ofFew, 7)];
  const terms = boundTerms(samples, await opened());
  const nlls = both((x, w) => (w * (x - THETA) ** 2) / 2);
  const slopes = both((x, w) => w * (THETA - x));
  const weights = both((_, w) => w);
  const total = 8 + THETA;
  const penalty = (THETA - 1) ** 2 / 0.5 + total - 10 - 10 * Math.log(total / 10);
  const slope = (THETA - 1) / 0.25 + 1 - 10 / total;
  const curvature = 4 + 10 / total ** 2;
  const done: number[] = [];
  for (const onEvents of [undefined, (count: number) => done.push(count)]) {
    const found = await terms.evaluate([THETA], 2, onEvents as ((count: number) => void) | undefined);
    close(
      found.samples.map(({ nll }) => nll),
      [nlls[0]!, nlls[1]! + 7],
      SUMS,
    );
    close(
      [found.penalty.nll, found.penalty.gradient![0]!, found.penalty.hessian![0]!],
      [penalty, slope, curvature],
      SUMS,
    );
    close([found.total.nll], [nlls[0]! + nlls[1]! + 7 + penalty], SUMS);
    close(found.total.gradient!, [slopes[0]! + slopes[1]! + slope], SUMS);
    close(found.total.hessian!, [weights[0]! + weights[1]! + curvature], SUMS);
  }
  assert.equal(done, [16_384, 32_768, 40_000, 3]);
});

test("products of scores are sums over samples, with the curvature of the constraints alone", async () => {
  const terms = boundTerms([sampleOf(many, ofMany), sampleOf(few, ofFew)], await opened());
  const sum = (of: (x: number, w: number) => number) => both(of).reduce((a, b) => a + b);
  close(await terms.scoreProduct([THETA]), [4 + sum((x, w) => (w * (x - THETA)) ** 2)], SUMS);
  const { matrix, scatter } = await terms.outerProduct([THETA]);
  close(matrix, [4 + sum((x, w) => w * (x - THETA) ** 2)], SUMS);
  close(scatter, [Math.sqrt(sum((x, w) => (w * (x - THETA) ** 2) ** 2))], SUMS);
});

test("log p and scores of a range", async () => {
  const sample = sampleOf(many, ofMany);
  const some = Array.from(many.subarray(5, 9));
  close(
    await logProbOf(sample, [THETA], [5, 9]),
    some.map((x) => -((x - THETA) ** 2) / 2),
    SUMS,
  );
  close(
    await scoresOf(sample, [THETA], [5, 9]),
    some.map((x) => x - THETA),
    SUMS,
  );
  assert.is((await logProbOf(sample, [THETA])).length, COUNT);
});

test("without events the extended term is the expected number; without constraints their term is 0", async () => {
  const tape = new Tape();
  const nu = tape.parameter("nu", [1]);
  const at = bindComposition(composition, nu, {}, new TapeParts());
  const expected = add(reshape(nu, []), 8);
  const outputs = {
    none: extendedTerm(expected, log(expected), observedOf({ count: 0 })),
    free: constraintTerm([{ name: "theta", start: 0 }], at),
  };
  const program = await referenceBackend().compile({ outputs });
  await program.write({ nu: [THETA] });
  const { none, free } = await program.run();
  close([...none!, ...free!], [8 + THETA, 0], SUMS);
});

test.run();
