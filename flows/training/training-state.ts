/** All that a training needs to go on to the same bits, and what it has seen so far. */

import { entryOf } from "../../engine/entry.js";
import { UsageError } from "../../engine/errors.js";
import { anObject, aText, checkArgument, checkParts } from "../../engine/options.js";
import type { Named } from "../../engine/runtime/backend.js";

export interface EpochRecord {
  /** Epochs done, from 1. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
  /** Mean over the steps of the epoch, each taken before its update. */
  readonly trainingLoss: number;
  /** Of the parameters after the epoch; absent without a validation sample. */
  readonly validationLoss?: number;
  /** Of each parameter group in the last step of the epoch. */
  readonly learningRates: readonly number[];
}

/** Plain numbers and text: what of a state goes into a file's header as JSON. */
export interface TrainingRecord {
  readonly seed: number;
  readonly purpose: string;
  readonly stepsPerEpoch: number;
  /** Steps done. */
  readonly step: number;
  /** Σ of the losses of the unfinished epoch. */
  readonly epochLossSum: number;
  /** Of the initial parameters; absent without a validation sample. */
  readonly initialValidationLoss?: number;
  /** Epoch of the best parameters; 0 are the initial ones. */
  readonly bestEpoch: number;
  readonly bestValidationLoss?: number;
  readonly history: readonly EpochRecord[];
  /** How many values of the parameters `TrainingState.pathSum` adds up; absent in states of earlier versions. */
  readonly pathCount?: number;
}

export interface TrainingState {
  readonly record: TrainingRecord;
  /** Trainable parameters and moments. */
  readonly values: Named<Float64Array>;
  /** Trainable parameters of `record.bestEpoch`. */
  readonly best: Named<Float64Array>;
  /** Σ of the trainable parameters over steps of the second quarter: where the path of the parameters begins. */
  readonly pathSum?: Named<Float64Array> | undefined;
}

const VALUE = "value/";
const BEST = "best/";
const PATH = "path/";

/** The state as named arrays and one line of JSON, for a checkpoint file. */
export function encodeTrainingState(state: TrainingState): {
  arrays: Record<string, Float64Array>;
  record: string;
} {
  checkParts("encodeTrainingState", "a state", state, { record: anObject, values: anObject });
  const { record, values, best, pathSum = {} } = state;
  const arrays: Record<string, Float64Array> = {};
  for (const [name, array] of Object.entries(values)) arrays[VALUE + name] = array;
  for (const [name, array] of Object.entries(best)) arrays[BEST + name] = array;
  for (const [name, array] of Object.entries(pathSum)) arrays[PATH + name] = array;
  return { arrays, record: JSON.stringify(record) };
}

export function decodeTrainingState(arrays: Named<Float64Array>, record: string): TrainingState {
  checkArgument("decodeTrainingState", "arrays", arrays, anObject);
  checkArgument("decodeTrainingState", "record", record, aText);
  const under = (prefix: string) =>
    Object.fromEntries(
      Object.entries(arrays)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, array]) => [name.slice(prefix.length), array]),
    );
  const pathSum = under(PATH);
  return {
    record: JSON.parse(record) as TrainingRecord,
    values: under(VALUE),
    best: under(BEST),
    ...(Object.keys(pathSum).length > 0 && { pathSum }),
  };
}

export interface ResumeRequirements {
  readonly seed: number;
  readonly purpose: string;
  readonly stepsPerEpoch: number;
  /** Sizes of trainable parameters and moments, by name. */
  readonly sizes: Named<number>;
}

/** Refuses the state of another training. */
export function checkResumable({ record, values }: TrainingState, required: ResumeRequirements): void {
  for (const name of ["seed", "purpose", "stepsPerEpoch"] as const) {
    if (record[name] !== required[name]) refuse(`${name} = ${required[name]}`, `${record[name]}`);
  }
  const saved = Object.keys(values).sort().join(", ");
  const wanted = Object.keys(required.sizes).sort().join(", ");
  if (saved !== wanted) refuse(`parameters ${wanted}`, saved);
  for (const [name, size] of Object.entries(required.sizes)) {
    const got = entryOf(values, name)?.length;
    if (got !== size) refuse(`${size} numbers for "${name}"`, `${got}`);
  }
}

function refuse(expected: string, got: string): never {
  throw new UsageError("train", {
    expected: `a saved state with ${expected}`,
    got,
    hint: "It belongs to another training: remove it, or restore the settings it was saved with",
  });
}
