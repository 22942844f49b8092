/** The recipes of trainings, and their verdicts as warnings. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { TrainingRecipe } from "../../../../workflow/configuration/table.js";
import type { RunContext } from "../../../../workflow/context.js";
import {
  judgeTrainings,
  type NamedTraining,
  optimiserOf,
  summaryOf,
} from "../../../../workflow/steps/trainings/training-step.js";
import { verdictText } from "../../../../workflow/verdicts.js";

test("the optimiser of a recipe has its rate, and a decay where it knows one", () => {
  const recipe = { learningRate: 0.25, weightDecay: 0.5 } as TrainingRecipe;
  assert.equal(
    (["adam", "adamw", "radam"] as const).map((optimiser) => {
      const { name, learningRate, weightDecay } = optimiserOf({ ...recipe, optimiser });
      return [name, learningRate, weightDecay];
    }),
    [
      ["adam", 0.25, 0],
      ["adamw", 0.25, 0.5],
      ["radam", 0.25, 0],
    ],
  );
});

test("a training of an earlier version, which kept no verdict, says so", () => {
  const record = {
    keptEpoch: 3,
    bestEpoch: 3,
    stopped: "epochs",
    message: "",
    initialValidationLoss: null,
    history: [],
  } as const;
  const { convergence, ...own } = summaryOf(record);
  assert.equal(own, record);
  assert.is(convergence.status, "undecided");
  assert.is(convergence.reason, "an earlier version of unbinned trained it, and --force trains it again");
  assert.is(summaryOf({ ...record, convergence }).convergence, convergence);
});

const falling = (gain: number): NamedTraining => ({
  label: `gain ${gain}`,
  of: "y",
  recipe: "flows.y.training",
  summary: {
    keptEpoch: 1,
    convergence: { status: "still falling", reason: "it falls", change: -1e-9, gain, gainError: gain / 10 },
  } as NamedTraining["summary"],
});

test("each training that did not converge has a verdict, by the effective events of the data", () => {
  const judge = (weights?: Float32Array) => {
    const data = { count: 100, x: new Float32Array(100), ...(weights && { weights }) };
    return judgeTrainings({ events: { data } } as unknown as RunContext, [falling(0.001), falling(0.01), falling(0.1)]);
  };
  // 0.1, 1 and 10 units of ln L.
  assert.equal(
    judge().map(({ training, failed }) => [training, failed]),
    [
      ["gain 0.01", false],
      ["gain 0.1", true],
    ],
  );
  assert.match(
    verdictText(judge()[1]!),
    /^gain 0\.1: the training did not converge: it falls, 10 units of ln L of 100 events\. Raise/,
  );
  // (Σ w)² / Σ w² of nine tenths of the events at 0: 10.
  const weights = Float32Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 3 : 0));
  assert.equal(
    judge(weights).map(({ training, failed }) => [training, failed]),
    [["gain 0.1", false]],
  );
});

test.run();
