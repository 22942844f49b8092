/** States of trainings: there and back through arrays and text, and refused where they belong to another training. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../engine/errors.js";
import {
  checkResumable,
  decodeTrainingState,
  encodeTrainingState,
  type ResumeRequirements,
  type TrainingState,
} from "../../../flows/training/training-state.js";

const STATE: TrainingState = {
  record: {
    seed: 2 ** 53 - 1,
    purpose: "density of x",
    stepsPerEpoch: 7,
    step: 15,
    epochLossSum: 0.1 + 0.2,
    initialValidationLoss: 1 / 3,
    bestEpoch: 1,
    bestValidationLoss: 5e-324,
    history: [
      { epoch: 1, step: 7, trainingLoss: 1e300, validationLoss: -0.1, learningRates: [1e-3, 0.5] },
      { epoch: 2, step: 14, trainingLoss: 2 / 3, learningRates: [] },
    ],
  },
  values: {
    w: Float64Array.of(Number.MAX_VALUE, 5e-324, -0),
    "adam/w": Float64Array.of(1, 2, 3),
    "best/w": Float64Array.of(4),
    "": new Float64Array(),
  },
  best: { w: Float64Array.of(0.1, 0.2, 0.3), "value/w": Float64Array.of(5) },
};

test("a state comes back from its arrays and its text to the same bits, whatever its names", () => {
  const { arrays, record } = encodeTrainingState(STATE);
  assert.is(typeof record, "string");
  assert.not.match(record, "\n");
  const back = decodeTrainingState(arrays, record);
  assert.equal(back, STATE);
  assert.ok(Object.is(back.values.w![2], -0));
});

test("arrays of something else in the same file are left alone", () => {
  const { arrays, record } = encodeTrainingState(STATE);
  assert.equal(decodeTrainingState({ ...arrays, other: Float64Array.of(1) }, record), STATE);
});

const REQUIRED: ResumeRequirements = {
  seed: STATE.record.seed,
  purpose: "density of x",
  stepsPerEpoch: 7,
  sizes: { w: 3, "adam/w": 3, "best/w": 1, "": 0 },
};

test("the state of the same training is taken", () => {
  checkResumable(STATE, REQUIRED);
});

const sizes = (changed: Record<string, number>) => ({ sizes: { ...REQUIRED.sizes, ...changed } });

/** What is required instead, and what is said. */
const OTHERS: readonly (readonly [Partial<ResumeRequirements>, RegExp])[] = [
  [
    { seed: 3 },
    /expected a saved state with seed = 3, got 9007199254740991\. It belongs to another training: remove it/,
  ],
  [{ purpose: "density of y" }, /with purpose = density of y, got density of x/],
  [{ stepsPerEpoch: 8 }, /with stepsPerEpoch = 8, got 7/],
  [sizes({ w: 4 }), /with 4 numbers for "w", got 3/],
  [sizes({ v: 1 }), /with parameters , adam\/w, best\/w, v, w, got , adam\/w, best\/w, w/],
  [sizes({ constructor: 1 }), /with parameters , adam\/w, best\/w, constructor, w, got/],
];

test("the state of another training is refused by what differs", () => {
  for (const [other, message] of OTHERS) {
    try {
      checkResumable(STATE, { ...REQUIRED, ...other });
    } catch (error) {
      assert.instance(error, UsageError);
      assert.match((error as Error).message, message);
      continue;
    }
    assert.unreachable(`nothing was refused: ${message}`);
  }
});

test.run();
