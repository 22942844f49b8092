/** Finished steps of a run, kept in its folder: a step whose inputs are the same is not repeated. */

import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint } from "../../flows/training/training-request.js";
import { decodeTrainingState, encodeTrainingState } from "../../flows/training/training-state.js";
import {
  FileError,
  type NamedArray,
  readSafetensors,
  removeUnfinished,
  toFloat64,
  writeAtomic,
} from "../../io/index.js";
import { quotedMessage } from "../errors.js";
import type { Progress, Reporter } from "../reporter.js";
import { type Checked, readChecked, sha256, writeSealed } from "./checksum.js";
import { COST_EXTENSION, costFile, measured } from "./costs.js";
import { fileName } from "./file-names.js";
import { asOwnerOf } from "./lock.js";
import { createInside } from "./output-folder.js";

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

/** Steps in a folder, which may also be looked for without doing any. */
export interface FolderSteps extends StepStore {
  /** The result of a step where it is done. */
  find<R>(name: string, inputs: unknown): Promise<FinishedStep<R> | undefined>;
  /** Takes its result away, and what an unfinished training left. */
  forget(name: string): Promise<void>;
}

/** `stale`: of other inputs, or of another version; `unfinished`: its training was interrupted and will be resumed. */
export type StepState = "done" | "stale" | "unfinished" | "missing";

/** Name of the folder of the steps in that of the results. */
export const STEPS_FOLDER = "steps";

/** Stands for inputs, JSON data. */
export const keyOf = (inputs: unknown): string => sha256(JSON.stringify(inputs));

const tensors = (arrays: Readonly<Record<string, Float64Array>>): Map<string, NamedArray> =>
  new Map(Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }]));

const EXTENSION = ".safetensors";

/** Stands for everything that the result of a step follows from. @param common  see `openSteps` */
export const stepKey = (common: unknown, name: string, inputs: unknown): string => keyOf({ name, common, inputs });

/** The files of a step. */
const filesOf = (steps: string, name: string) => ({
  file: join(steps, `${fileName(name)}${EXTENSION}`),
  unfinished: join(steps, `${fileName(name)}.unfinished${EXTENSION}`),
  lock: join(steps, `${fileName(name)}.lock`),
});

/** What a folder of results has of a step with this key. */
export async function stateOf(folder: string, name: string, key: string, progress: Progress): Promise<StepState> {
  const { file, unfinished } = filesOf(join(folder, STEPS_FOLDER), name);
  if ((await readStep(file, key, progress)) !== undefined) return "done";
  if ((await readStep(unfinished, key, progress)) !== undefined) return "unfinished";
  return existsSync(file) || existsSync(unfinished) ? "stale" : "missing";
}

/** The result of a step with this key, where a folder of results has it. */
export async function findStep<R>(
  folder: string,
  name: string,
  key: string,
  progress: Progress,
): Promise<FinishedStep<R> | undefined> {
  const { file } = filesOf(join(folder, STEPS_FOLDER), name);
  const kept = await readStep(file, key, progress);
  return kept && { key, record: await sound(file, () => JSON.parse(kept.record) as R), arrays: kept.arrays };
}

/** The record and arrays of a file, if it is there and carries the key. */
async function readStep(
  file: string,
  key: string,
  progress: Progress,
): Promise<{ record: string; arrays: Record<string, Float64Array> } | undefined> {
  const found = await readIfThere(file);
  if (found === undefined) return undefined;
  const { key: own, record } = found.metadata;
  if (!found.hasChecksum) {
    progress.note(`${file}: not kept, as it has no checksum (of an earlier version, or damaged)`);
    return undefined;
  }
  if (record === undefined || own !== key) return undefined;
  const arrays = [...found.tensors].map(([name, { data }]) => [name, toFloat64(`${file}, ${name}`, data)]);
  return { record, arrays: Object.fromEntries(arrays) };
}

async function readIfThere(file: string): Promise<Checked | undefined> {
  if (!existsSync(file)) return undefined;
  try {
    return await sound(file, () => readChecked(file));
  } catch (error) {
    // Another unit of work beside this one has finished the same training, and taken its state away.
    if (!existsSync(file)) return undefined;
    throw error;
  }
}

/** What a file holds; an error says what to do where it is damaged. */
async function sound<T>(file: string, read: () => Promise<T> | T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new FileError(file, {
      expected: "what an earlier run left",
      got: `a file that cannot be read (${quotedMessage(error).replace(`${file}: `, "")})`,
      hint: "Delete it and only its step is repeated; --force repeats all",
    });
  }
}

/** Removes the steps of a folder, and nothing that is not known for one. */
async function removeSteps(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(EXTENSION)) continue;
    const file = join(folder, entry.name);
    const metadata = await readSafetensors(file, []).then(
      (found) => found.metadata,
      () => undefined,
    );
    if (metadata?.key === undefined || metadata.record === undefined) continue;
    await rm(file, { force: true });
    await rm(`${file.slice(0, -EXTENSION.length)}${COST_EXTENSION}`, { force: true });
  }
}

/**
 * Makes the folder of the steps where it is missing. Processes may share it: what one is doing, others wait for.
 *
 * @param common   what every step follows from: version, seed, backend
 * @param isForced forget what is there
 */
export async function openSteps(
  folder: string,
  common: unknown,
  isForced: boolean,
  { progress, signal }: Pick<Reporter, "progress" | "signal">,
): Promise<FolderSteps> {
  const steps = createInside(folder, STEPS_FOLDER);
  await removeUnfinished(steps);
  if (isForced) await removeSteps(steps);
  const find = async <R>(name: string, inputs: unknown): Promise<FinishedStep<R> | undefined> => {
    const kept = isForced ? undefined : await findStep<R>(folder, name, stepKey(common, name, inputs), progress);
    if (kept !== undefined) progress.note(`${name}: kept from before`);
    return kept;
  };
  return {
    find,
    async forget(name) {
      const { file, unfinished } = filesOf(steps, name);
      await rm(file, { force: true });
      await rm(unfinished, { force: true });
    },
    async run<R>(name: string, inputs: unknown, body: (checkpoint: Checkpoint) => Promise<StepResult<R>>) {
      const kept = await find<R>(name, inputs);
      if (kept !== undefined) return kept;
      const key = stepKey(common, name, inputs);
      const { file, unfinished, lock } = filesOf(steps, name);
      return asOwnerOf({ lock, what: `step ${name}`, signal, say: (text) => progress.note(text) }, async () => {
        // Looked for again: the process that had the lock before has done it, and on NFS only now is its file sure to be seen.
        const done = await find<R>(name, inputs);
        if (done !== undefined) return done;
        if (isForced) await rm(unfinished, { force: true });
        const { value, cost } = await measured(() => body(checkpointIn(unfinished, key, progress)));
        const { record, arrays } = value;
        await writeSealed(file, tensors(arrays), { key, record: JSON.stringify(record) });
        await writeAtomic(costFile(steps, name), [JSON.stringify(cost)]);
        await rm(unfinished, { force: true });
        return { key, record, arrays };
      });
    },
  };
}

/** Steps without files: all of them together are one step of another store. */
export function passingSteps(common: unknown): StepStore {
  const checkpoint: Checkpoint = { save: async () => {}, restore: async () => undefined };
  return {
    run: async (name, inputs, body) => ({ ...(await body(checkpoint)), key: stepKey(common, name, inputs) }),
  };
}

function checkpointIn(file: string, key: string, progress: Progress): Checkpoint {
  return {
    async save(state) {
      const { arrays, record } = encodeTrainingState(state);
      await writeSealed(file, tensors(arrays), { key, record });
    },
    async restore() {
      const kept = await readStep(file, key, progress);
      return kept && sound(file, () => decodeTrainingState(kept.arrays, kept.record));
    },
  };
}
