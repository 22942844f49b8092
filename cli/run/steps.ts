/** Finished steps of a run, kept in its folder: a step whose inputs are the same is not repeated. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "../../flows/training-request.js";
import { decodeTrainingState, encodeTrainingState } from "../../flows/training-state.js";
import { type NamedArray, readSafetensors, toFloat64, writeSafetensors } from "../../io/index.js";
import { UsageError } from "../messages.js";
import { createOutputFolder } from "../output-folder.js";
import type { Progress } from "../progress.js";

/** What a step leaves behind: JSON data and named numbers. */
export interface StepResult<R> {
  readonly record: R;
  readonly arrays: Readonly<Record<string, Float64Array>>;
}

export interface FinishedStep<R> extends StepResult<R> {
  /** Stands for everything the result follows from. */
  readonly key: string;
}

export interface StepStore {
  /**
   * The result of a step, from its file where one with the same key is there.
   *
   * @param inputs  JSON data that the result follows from: entries of the configuration, keys of earlier steps
   * @param body    given a place to keep the state of an unfinished training
   */
  run<R>(
    name: string,
    inputs: unknown,
    body: (checkpoint: Checkpoint) => Promise<StepResult<R>>,
  ): Promise<FinishedStep<R>>;
}

const FOLDER = "steps";

const keyOf = (inputs: unknown) => createHash("sha256").update(JSON.stringify(inputs)).digest("hex");

const tensors = (arrays: Readonly<Record<string, Float64Array>>): Map<string, NamedArray> =>
  new Map(Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }]));

/** The record and arrays of a file, if it is there and carries the key. */
async function readStep(
  file: string,
  key: string,
): Promise<{ record: string; arrays: Record<string, Float64Array> } | undefined> {
  if (!existsSync(file)) return undefined;
  return sound(file, async () => {
    const found = await readSafetensors(file);
    if (found.metadata.key !== key || found.metadata.record === undefined) return undefined;
    const arrays = [...found.tensors].map(([name, { data }]) => [name, toFloat64(`${file}, ${name}`, data)]);
    return { record: found.metadata.record, arrays: Object.fromEntries(arrays) };
  });
}

/** What a file holds; an error says what to do where it is damaged. */
async function sound<T>(file: string, read: () => Promise<T> | T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new UsageError(file, {
      expected: "what an earlier run left",
      got: `a file that cannot be read (${(error as Error).message.replace(`${file}: `, "")})`,
      hint: "Delete it and only its step is repeated; --force repeats all",
    });
  }
}

/**
 * @param common   what every step follows from: version, seed, backend
 * @param isForced forget what is there
 */
export async function openSteps(
  folder: string,
  common: unknown,
  isForced: boolean,
  progress: Progress,
): Promise<StepStore> {
  const steps = join(folder, FOLDER);
  if (isForced) await rm(steps, { recursive: true, force: true });
  createOutputFolder(steps);
  return {
    async run<R>(name: string, inputs: unknown, body: (checkpoint: Checkpoint) => Promise<StepResult<R>>) {
      const key = keyOf({ name, common, inputs });
      const file = join(steps, `${name}.safetensors`);
      const kept = await readStep(file, key);
      if (kept !== undefined) {
        progress.note(`${name}: kept from before`);
        return { key, record: await sound(file, () => JSON.parse(kept.record) as R), arrays: kept.arrays };
      }
      const unfinished = join(steps, `${name}.unfinished.safetensors`);
      const { record, arrays } = await body(checkpointIn(unfinished, key));
      await writeSafetensors(file, tensors(arrays), { key, record: JSON.stringify(record) });
      await rm(unfinished, { force: true });
      return { key, record, arrays };
    },
  };
}

/** Steps of which nothing is kept: what is done with them is one step for somebody else. */
export function passingSteps(common: unknown): StepStore {
  const checkpoint: Checkpoint = { save: async () => {}, restore: async () => undefined };
  return {
    run: async (name, inputs, body) => ({ ...(await body(checkpoint)), key: keyOf({ name, common, inputs }) }),
  };
}

function checkpointIn(file: string, key: string): Checkpoint {
  return {
    async save(state) {
      const { arrays, record } = encodeTrainingState(state);
      await writeSafetensors(file, tensors(arrays), { key, record });
    },
    async restore() {
      const kept = await readStep(file, key);
      return kept && sound(file, () => decodeTrainingState(kept.arrays, kept.record));
    },
  };
}
