/** Toy experiments as files: each is kept in one of its own. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readTextFile } from "../../io/file-kinds.js";
import { writeAtomic } from "../../io/index.js";
import { quotedMessage, UsageError } from "../errors.js";
import type { FitSummary } from "../likelihood/fit-summary.js";
import { checkSealed, sealed } from "../store/checksum.js";
import { type Cost, costFile, readCost } from "../store/costs.js";

/** One toy, as its file holds it. */
export interface ToyRecord {
  readonly toy: number;
  readonly key: string;
  /** [K] */
  readonly truth: readonly number[];
  /** Of a toy of the samples, where it is drawn. */
  readonly point: string | null;
  readonly events: number;
  /** By the name of the fit. */
  readonly fits: Readonly<Record<string, ToyFitRecord>>;
  readonly warnings: readonly string[];
}

export interface ToyFitRecord extends Pick<FitSummary, "status" | "estimate" | "covariance" | "sigma"> {
  readonly label: string;
}

// Of the record of a toy: its fits of some nuisances.
const MAX_BYTES = 2 ** 24;

const fileOf = (folder: string, toy: number) => join(folder, `${toy}.json`);

/** The toy's record where it is there and follows from the same. */
export async function readToy(folder: string, toy: number, key: string): Promise<ToyRecord | undefined> {
  const file = fileOf(folder, toy);
  if (!existsSync(file)) return undefined;
  try {
    const record: (ToyRecord & { readonly checksum?: string }) | null = JSON.parse(readTextFile(file, MAX_BYTES));
    if (typeof record !== "object" || record === null) throw new Error("no JSON object");
    // Earlier versions wrote none.
    if (record.checksum === undefined) return undefined;
    checkSealed(file, record);
    if (record.toy !== toy) throw new Error(`it is that of toy ${record.toy}`);
    return record.key === key ? record : undefined;
  } catch (error) {
    throw new UsageError(file, {
      expected: "a toy that an earlier command left",
      got: `a file that cannot be read (${quotedMessage(error).replace(`${file}: `, "")})`,
      hint: "The toy is missing until it is done again",
    });
  }
}

export const saveToy = (folder: string, record: ToyRecord) =>
  writeAtomic(fileOf(folder, record.toy), [`${JSON.stringify(sealed(record))}\n`]);

/** Where a folder of toys keeps what one of them took. */
const TOYS = "toys";

/** @param rounds  toys one after another, in what was measured */
export const saveToyCost = (folder: string, { seconds, bytes }: Cost, rounds: number) =>
  writeAtomic(costFile(folder, TOYS), [JSON.stringify({ seconds: seconds / rounds, bytes })]);

/** Of one toy. */
export const toyCost = (folder: string): Cost | undefined => readCost(folder, TOYS);

/** As `readToy`; a damaged file is no toy, with a warning that says why. */
async function soundToy(folder: string, toy: number, key: string, warn: (text: string) => void) {
  try {
    return await readToy(folder, toy, key);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    warn(error.message);
    return undefined;
  }
}

/** Those of the wanted toys that are not there: damaged files are done again. */
export async function missingToys(
  folder: string,
  wanted: readonly number[],
  key: string,
  warn: (text: string) => void,
): Promise<number[]> {
  const missing: number[] = [];
  for (const toy of wanted) if ((await soundToy(folder, toy, key, warn)) === undefined) missing.push(toy);
  return missing;
}

/** Toys that are there, and the numbers of those that should be and are not. */
export interface KeptToys {
  readonly records: readonly ToyRecord[];
  readonly missing: readonly number[];
}

/**
 * The toys of a folder that follow from the same, two at least; others are said and left out.
 *
 * @param expected  numbers of the toys that there should be at least
 */
export async function keptToys(
  folder: string,
  key: string,
  expected: readonly number[],
  warn: (text: string) => void,
): Promise<KeptToys> {
  const there = toysIn(folder);
  const records: ToyRecord[] = [];
  for (const toy of there) {
    const record = await soundToy(folder, toy, key, warn);
    if (record !== undefined) records.push(record);
  }
  if (records.length < there.length) {
    const passed = there.length - records.length;
    warn(
      `${folder}: ${passed} of ${there.length} toys are of another configuration, damaged or without a checksum, and not counted`,
    );
  }
  const numbers = new Set(records.map(({ toy }) => toy));
  if (records.length >= 2) return { records, missing: expected.filter((toy) => !numbers.has(toy)) };
  throw new UsageError(folder, {
    expected: "at least two toys of this configuration",
    got: `${records.length}`,
    hint: "Run some with --toys N or --toy I",
  });
}

/** Numbers of the toys that have a file, ascending. */
export const toysIn = (folder: string): number[] =>
  readdirSync(folder)
    .flatMap((name) => (/^(?:0|[1-9]\d{0,14})\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => a - b);
