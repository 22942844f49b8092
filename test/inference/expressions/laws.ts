/** Laws of a registry of operators or functions: values by their definitions and by mathjs, derivatives by differences of the definitions. */
import { all, create } from "mathjs/number";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { sumEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { bindExpression } from "../../../inference/expressions/bind.js";
import type { Expression } from "../../../inference/expressions/expression.js";
import type { Row } from "../../../inference/expressions/operation.js";
import { testBackends } from "../../support/backends.js";
import { close, tolerances } from "../../support/close.js";
import { runOn } from "../../support/run-program.js";

/** mathjs takes numbers that differ by less than this share for equal, in every comparison. */
const mathjs = create(all, { relTol: 1e-300, absTol: 1e-300 });

mathjs.import!({ num: Number });

/** What mathjs, an independent implementation, says that a text in its grammar is; `num` makes a number of a truth. */
export const byMathjs = (text: string, scope: Readonly<Record<string, number>>): number =>
  Number(mathjs.evaluate!(text, { ...scope }));

type Definition = (...x: number[]) => number;

/** A step of differences of fourth order: its fourth power and, for a second derivative, 2^-53 over its square are about 1e-10. */
const STEP = 1e-3;

/** Derivative in one operand, by differences of fourth order. */
const slope =
  (f: Definition, i: number): Definition =>
  (...x) => {
    const at = (steps: number) => f(...x.map((own, j) => (j === i ? own + steps * STEP : own)));
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * STEP);
  };

const byDifferences = { absolute: 1e-8, relative: 1e-8 };
/** Few operations, each of 5 units in the last place at most. */
const ofValues = { absolute: 1e-14, relative: 1e-14 };

interface Named {
  readonly name: string;
  readonly row: Row;
  readonly tree: (operands: readonly Expression[]) => Expression;
  /** In the grammar of mathjs, of the names of the operands. */
  readonly text: string;
}

/** Value, slopes and second derivatives of an operation, each [samples], over a set of events of its own. */
function outputsOf(tape: Tape, { name, row, tree }: Named) {
  const events = tape.events(name);
  const operands = Object.keys(row.operands);
  const columns = new Map(operands.map((operand) => [operand, tape.column(`${name} ${operand}`, [], events)]));
  const names = operands.map((operand): Expression => ({ kind: "name", name: operand, at: 1 }));
  const value = bindExpression(tape, tree(names), (operand) => columns.get(operand)!);
  const slopes = gradient(sumEvents(value), [...columns.values()]);
  const curvatures = slopes.flatMap((node) => gradient(sumEvents(node), [...columns.values()]));
  const named = (kind: string, nodes: readonly Var[]) =>
    nodes.map((node, i) => [`${name} ${kind} ${i}`, node] as const);
  return [[`${name} value`, value] as const, ...named("slope", slopes), ...named("curvature", curvatures)];
}

/** What differences of the definition say; a truth has no derivative, and none is taken in one. */
function expected({ row }: Named): Readonly<Record<string, readonly number[]>> {
  const kinds = Object.values(row.operands);
  const f: Definition = (...x) => row.f64(...x);
  const isSmooth = (i: number) => kinds[i] === "number" && row.gives === "number";
  const along = (isAny: boolean, g: Definition) => row.samples.map((sample) => (isAny ? g(...sample) : 0));
  return Object.fromEntries([
    ["value", along(true, f)],
    ...kinds.map((_, i) => [`slope ${i}`, along(isSmooth(i), slope(f, i))]),
    ...kinds.flatMap((_, i) =>
      kinds.map((_, j) => [
        `curvature ${i * kinds.length + j}`,
        along(isSmooth(i) && isSmooth(j), slope(slope(f, i), j)),
      ]),
    ),
  ]);
}

export function checkLaws(kind: string, rows: readonly Named[]): void {
  test(`every ${kind} has samples, away from 0 where it takes numbers`, () => {
    for (const { name, row } of rows) {
      assert.ok(row.samples.length > 0, name);
      for (const sample of row.samples) {
        assert.is(sample.length, Object.keys(row.operands).length, name);
        for (const [i, operand] of Object.values(row.operands).entries()) {
          assert.ok(operand === "truth" || sample[i] !== 0, name);
        }
      }
    }
  });

  for (const entry of rows) {
    test(`the definition of the ${kind} ${entry.name} is what mathjs makes of ${entry.text}`, () => {
      for (const sample of entry.row.samples) {
        const scope = Object.fromEntries(Object.keys(entry.row.operands).map((name, i) => [name, sample[i]!]));
        close([entry.row.f64(...sample)], [byMathjs(entry.text, scope)], ofValues, `${entry.name} of ${sample}`);
      }
    });
  }

  for (const backend of testBackends()) {
    test(`every ${kind} and its derivatives to second order are those of its definition on ${backend.name}`, async () => {
      const tape = new Tape();
      const outputs = Object.fromEntries(rows.flatMap((entry) => outputsOf(tape, entry)));
      const columns = rows.flatMap(({ name, row: { operands, samples } }) =>
        Object.keys(operands).map((operand, i) => [
          `${name} ${operand}`,
          Float64Array.from(samples, (sample) => sample[i]!),
        ]),
      );
      const got = await runOn(backend, { outputs, parameters: {}, columns: Object.fromEntries(columns) });
      for (const entry of rows) {
        for (const [what, wanted] of Object.entries(expected(entry))) {
          const exact = what === "value" ? ofValues : byDifferences;
          const tolerance = backend.precision === "f64" ? exact : tolerances.f32;
          close(got[`${entry.name} ${what}`]!, wanted, tolerance, `${what} of ${entry.name}`);
        }
      }
    });
  }
}
