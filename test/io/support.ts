/** Fixtures written by independent programs (see fixtures/README.md) and what they hold. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import type { NamedArray } from "../../io/arrays.js";
import { FileError } from "../../io/errors.js";

const fixtures = fileURLToPath(new URL("../../../test/io/fixtures/", import.meta.url));

export function fixture(name: string): string {
  return join(fixtures, name);
}

interface Line {
  readonly file: string;
  readonly name: string;
  readonly shape: number[];
}

/** The lines of a .jsonl fixture about one file. */
export function linesAbout<Values>(group: string, file: string): (Line & Values)[] {
  const lines = readFileSync(fixture(`${group}.jsonl`), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line)).filter((line) => line.file === file);
}

/** Compares arrays with those that the fixture's maker listed, element by element, signs of zero included. */
export function assertHolds(arrays: ReadonlyMap<string, NamedArray>, group: string, file: string): void {
  const lines = linesAbout<{ values: (number | string)[] }>(group, file);
  assert.ok(lines.length > 0, `no expectation for ${file}`);
  assert.equal([...arrays.keys()].sort(), lines.map(({ name }) => name).sort());
  for (const { name, shape, values } of lines) {
    const array = arrays.get(name)!;
    assert.equal(array.shape, shape, name);
    assert.equal([...array.data].map(String), values.map(written), name);
  }
}

/** As String() writes it: Python says nan and inf, and 64-bit integers are kept as text. */
function written(value: number | string): string {
  const names: Record<string, string> = { nan: "NaN", inf: "Infinity", "-inf": "-Infinity" };
  return names[value] ?? String(value);
}

/** The action fails with a FileError whose message matches; anything else is a bug. */
export async function assertRefused(action: () => unknown, message: RegExp): Promise<void> {
  const error = await Promise.resolve()
    .then(action)
    .then(
      () => undefined,
      (reason) => reason,
    );
  assert.instance(error, FileError, `expected a FileError matching ${message}, got ${error}`);
  assert.match((error as FileError).message, message);
}

/** A folder for the time of `use`. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "unbinned-io-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs as an ordinary user for a while: root may write anywhere. */
export async function asOrdinaryUser(run: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
