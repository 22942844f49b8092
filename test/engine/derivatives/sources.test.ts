/** What is said to depend on nothing else depends on nothing else: by changing one source after another, on the reference. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  ancestors,
  type RowSources,
  rowSources,
  rowTargets,
  SourceSets,
  smoothInputs,
} from "../../../engine/derivatives/sources.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { type OperationName, sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { type Sample, samples } from "../samples.js";

test("sets are equal by their members, and unions have the members of both", () => {
  const sets = new SourceSets();
  assert.is(sets.of([]), 0);
  const [a, b] = [sets.of([1, 4]), sets.of([2])];
  assert.is(sets.of([1, 4]), a);
  assert.equal(sets.members(sets.union(a, b)), [1, 2, 4]);
  assert.is(sets.union(a, b), sets.union(b, a));
  assert.is(sets.union(a, 0), a);
  assert.is(sets.union(0, b), b);
});

/** Rows of the first input, each a source; per row of the output, the sources of the sets. */
function predicted(input: Var, output: Var): readonly (readonly number[])[] {
  const sets = new SourceSets();
  const sources = new Map<Var, RowSources>();
  for (const node of ancestors([output], smoothInputs)) {
    const own = Int32Array.from({ length: sizeOf(node.shape) }, (_, row) => sets.of([row]));
    const inputs = smoothInputs(node).map((before) => sources.get(before));
    sources.set(node, node === input ? own : rowSources(node, inputs, sets));
  }
  const rows = sources.get(output) ?? new Int32Array(sizeOf(output.shape));
  return Array.from(rows, (set) => sets.members(set));
}

/** The same, by changing one row after the other. */
async function observed(sample: Sample): Promise<{ found: Set<number>[]; allowed: readonly (readonly number[])[] }> {
  const next = randomNumbers(5);
  const tape = new Tape();
  const [low, high] = sample.domain;
  const numbers: Record<string, Float64Array> = {};
  const leaf = (label: string, shape: readonly number[], isColumn: boolean) => {
    numbers[label] = Float64Array.from({ length: sizeOf(shape) }, () => low + (high - low) * (0.2 + 0.6 * next()));
    return isColumn ? tape.column(label, shape) : tape.parameter(label, shape);
  };
  const inputs = [
    ...(sample.columns ?? []).map((shape, i) => leaf(`x${i}`, shape, true)),
    ...(sample.parameters ?? []).map((shape, i) => leaf(`p${i}`, shape, false)),
  ];
  const output = sample.build(inputs, tape);
  const [input] = inputs as [Var];
  const name = (input.operation as { label: string }).label;
  const program = await referenceBackend().compile({ outputs: { y: output } });
  const isColumn = (label: string) => label.startsWith("x");
  const set = async (label: string, values: Float64Array) => {
    if (!tape.nodes.some(({ operation }) => "label" in operation && operation.label === label)) return;
    await (isColumn(label) ? program.bind({ [label]: values }) : program.write({ [label]: values }));
  };
  for (const [label, values] of Object.entries(numbers)) await set(label, values);
  const before = (await program.run()).y as Float64Array;
  const found = Array.from(before, () => new Set<number>());
  for (let row = 0; row < sizeOf(input.shape); row++) {
    const moved = Float64Array.from(numbers[name] as Float64Array);
    moved[row] = (moved[row] as number) + 1e-3 * (high - low);
    await set(name, moved);
    ((await program.run()).y as Float64Array).forEach((value, r) => {
      if (value !== before[r]) found[r]?.add(row);
    });
  }
  return { found, allowed: predicted(input, output) };
}

for (const [name, list] of Object.entries(samples) as [OperationName, readonly Sample[]][]) {
  for (const sample of list) {
    test(`${sample.name}: no row depends on more than its sources (${name})`, async () => {
      const { found, allowed } = await observed(sample);
      for (const [r, rows] of found.entries()) {
        for (const row of rows) assert.ok(allowed[r]?.includes(row), `row ${r} depends on ${row}`);
      }
    });
  }
}

test("targets go back the way that sources came: through a prefix mask", () => {
  const tape = new Tape();
  const x = tape.column("x", [3]);
  const y = o.linear(x, tape.parameter("w", [2, 3]), { prefix: Int32Array.of(1, 2) });
  const sets = new SourceSets();
  const targets = rowTargets(y, x, Int32Array.of(sets.of([10]), sets.of([11])), sets);
  assert.equal(
    Array.from(targets, (set) => sets.members(set)),
    [[10, 11], [11], []],
  );
});

test.run();
