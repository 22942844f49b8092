/** What the convergence of a training means for a fit, in the words that its user reads. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Convergence } from "../../flows/training/convergence.js";
import {
  type JudgedTraining,
  type TrainingVerdict,
  trainingVerdict,
  unconvergedOf,
  unconvergedText,
} from "../../workflow/training-verdict.js";
import { verdictText } from "../../workflow/verdicts.js";

const training = (convergence: Partial<Convergence>, more: Partial<JudgedTraining> = {}): JudgedTraining => ({
  label: "p(x), nominal",
  of: "x",
  recipe: "flows.x.training",
  keptEpoch: 10,
  convergence: { status: "converged", reason: "REASON", change: -0.001, gain: 0, gainError: 0, ...convergence },
  ...more,
});

test("a training that converged has no verdict, nor has one whose loss falls by less than half a unit of ln L", () => {
  assert.is(trainingVerdict(training({ gain: 1 }), 1e6), undefined);
  assert.is(trainingVerdict(training({ status: "still falling", gain: 4e-6 }), 1e5), undefined);
  assert.is(trainingVerdict(training({ status: "diverged", gain: 4e-6 }), 1e5), undefined);
});

test("a loss that still falls is a warning from half a unit of ln L, a failure where that is much and decisive", () => {
  const falling = (gain: number, events: number, change = -0.001) =>
    trainingVerdict(training({ status: "still falling", gain, change }), events)!;
  const small = falling(0.0006, 1000);
  assert.not.ok(small.failed);
  assert.equal(small, {
    check: "training",
    about: "densities",
    training: "p(x), nominal",
    of: "x",
    failed: false,
    text: "p(x), nominal: the training did not converge: REASON, 0.60 units of ln L of 1000 events",
    advice: "Raise flows.x.training.epochs, or flows.x.training.learningRate where it is low",
  });
  assert.not.ok(falling(0.0006, 7000).failed, "4.2 units");
  assert.ok(falling(0.0006, 8000).failed, "4.8 units, more than half of what was gained");
  assert.not.ok(falling(0.0004, 1e5).failed, "40 units, less than half");
  assert.ok(falling(0.03, 1000, -1).failed, "a density that is wrong by 20% is so whatever was gained before");
});

test("a divergence fails where it is decisive, or where nobody knows what it lost", () => {
  const lost = (gain: number | null) => trainingVerdict(training({ status: "diverged", gain, change: gain }), 1000)!;
  assert.not.ok(lost(0.001).failed);
  assert.not.ok(lost(0.019).failed, "19 units: what a flow of 40 effective numbers loses on 1000 events");
  assert.ok(lost(0.021).failed);
  assert.is(
    verdictText(lost(0.5)),
    "p(x), nominal: the training diverged: REASON, 500 units of ln L of 1000 events. Lower flows.x.training.learningRate",
  );
  assert.ok(lost(null).failed);
  assert.is(
    verdictText(lost(null)),
    "p(x), nominal: the training diverged: REASON. Lower flows.x.training.learningRate",
  );
});

test("too little to say fails, with what to do", () => {
  const nothing = { status: "undecided", gain: null, change: null } as const;
  const found = trainingVerdict(training(nothing), 50)!;
  assert.ok(found.failed);
  assert.is(
    verdictText(found),
    "p(x), nominal: whether the training converged cannot be said, as REASON. Take more events of simulation, raise " +
      "flows.x.training.epochs or lower flows.x.training.batch",
  );
  const ofData = trainingVerdict(training(nothing, { of: "transport", recipe: "transport.training" }), 50)!;
  assert.match(
    verdictText(ofData),
    /Take more events, raise transport\.training\.epochs or lower transport\.training\.batch$/,
  );
});

test("a response that keeps its start is a response to first order: it warns and does not fail", () => {
  const lost = { status: "diverged", gain: null } as const;
  const response = { of: "response", recipe: "response.training", label: "response of T (step 2)" } as const;
  const start = trainingVerdict(training(lost, { ...response, keptEpoch: 0 }), 1e5)!;
  assert.not.ok(start.failed);
  assert.match(
    verdictText(start),
    /: REASON, and keeps its start, the response to first order\. Lower response\.training\.learningRate$/,
  );
  assert.ok(trainingVerdict(training(lost, { ...response, keptEpoch: 3 }), 1e5)!.failed);
});

test("a fit rests on the trainings of its parts", () => {
  const failed = (of: TrainingVerdict["of"], isFailed = true): TrainingVerdict => ({
    check: "training",
    about: "densities",
    training: `training of ${of}`,
    of,
    failed: isFailed,
    text: "",
    advice: "",
  });
  const all = (["x", "y", "transport", "replica", "response"] as const).map((of) => failed(of));
  assert.equal(unconvergedOf("xAlone", all), ["training of x"]);
  assert.equal(unconvergedOf("fixed", all), ["training of x", "training of y", "training of transport"]);
  assert.equal(unconvergedOf("profiled", all).length, 5);
  assert.equal(unconvergedOf("averaged", all).length, 5);
  assert.equal(unconvergedOf("fixed", [failed("response"), failed("y", false)]), []);
  assert.is(unconvergedText("xAlone", []), "");
  assert.is(unconvergedText("xAlone", all), "It rests on a training that did not converge: training of x.");
  assert.is(
    unconvergedText("fixed", all.slice(1)),
    "It rests on trainings that did not converge: training of y; training of transport.",
  );
});

test.run();
