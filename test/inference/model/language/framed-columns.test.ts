import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { add, broadcastEvents } from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import {
  type DerivedColumns,
  derivedColumns,
  endOutOfFrame,
  type FeatureInFrame,
  featureOf,
  framedColumn,
  framedEnd,
  sameFeature,
} from "../../../../inference/model/language/framed-columns.js";
import { close, tolerances } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";

const bent: FeatureInFrame = { transform: { kind: "asinh", centre: 2, width: 0.5 }, shift: 0.5, scale: 2 };
const straight: FeatureInFrame = { shift: 1e7, scale: 0.25 };
/** v and log dv/dx of `bent`, in closed form. */
const value = (x: number) => (Math.asinh((x - 2) / 0.5) - 0.5) / 2;
const logSlope = (x: number) => -Math.log(0.5) - 0.5 * Math.log(1 + ((x - 2) / 0.5) ** 2) - Math.log(2);

function onTape() {
  const tape = new Tape();
  const derived: DerivedColumns = new Map();
  return { tape, derived };
}

test("data enter the frame in f64, before the cast of a backend in f32", async () => {
  const at = onTape();
  const x = at.tape.column("x");
  const framed = framedColumn(at, x, "x", straight);
  const data = { x: Float64Array.of(1e7 + 0.1, 1e7 - 0.3) };
  const backend = await cpuBackend({ precision: "f32", threads: 1 });
  const program = await backend.compile({ outputs: { v: framed.value } });
  await program.bind({ ...data, ...derivedColumns(at.derived, data) });
  // In f32 1e7 ± 0.3 is 1e7.
  close((await program.run()).v!, [0.4, -1.2], { absolute: 1e-6, relative: 1e-6 });
  await backend.close();
});

test("transformed data and numbers have the values and slopes of the closed form", async () => {
  const numbers = [1.2, 2, 7];
  const at = onTape();
  const ofData = framedColumn(at, at.tape.column("x"), "x", bent);
  const ofNodes = framedColumn(at, at.tape.constant(numbers), "x", bent);
  const data = { x: Float64Array.from(numbers) };
  const outputs = { v: ofData.value, s: ofData.logSlope, nodes: ofNodes.value, slopes: ofNodes.logSlope };
  const program = await referenceBackend().compile({ outputs });
  await program.bind({ ...data, ...derivedColumns(at.derived, data) });
  const found = await program.run();
  for (const name of ["v", "nodes"]) close(found[name]!, numbers.map(value), tolerances.f64, name);
  for (const name of ["s", "slopes"]) close(found[name]!, numbers.map(logSlope), tolerances.f64, name);
  // A second time it is the same column.
  assert.is(
    framedColumn(at, at.tape.nodes.find(({ operation }) => operation.name === "column")!, "x", bent).value,
    ofData.value,
  );
});

test("where parameters move a column, a frame of shift and scale is on the tape, a transformation is refused", async () => {
  const at = onTape();
  const moved = add(at.tape.column("x"), at.tape.parameter("shift", []));
  const { value: v, logSlope: slope } = framedColumn(at, moved, "x", { shift: 3, scale: 4 });
  const program = await referenceBackend().compile({ outputs: { v, slope: broadcastEvents(slope, v.events) } });
  await program.bind({ x: Float64Array.of(1) });
  await program.write({ shift: [10] });
  const found = await program.run();
  close([found.v![0]!, found.slope![0]!], [2, -Math.log(4)], tolerances.f64);
  assert.is(at.derived.size, 0);
  await rejects(
    () => framedColumn(at, moved, "x", bent),
    /column x: expected a flow without a transformation of a column that parameters move.*transform: none/,
  );
  await rejects(() => framedEnd(at.tape.parameter("end", []), "x", bent), /without a transformation/);
  await rejects(() => endOutOfFrame(1, "x", bent), /without a transformation/);
});

test("ends of intervals enter the frame, and leave it", () => {
  assert.is(framedEnd(Number.NEGATIVE_INFINITY, "x", bent), Number.NEGATIVE_INFINITY);
  close([framedEnd(7, "x", bent) as number], [value(7)], tolerances.f64);
  assert.is(endOutOfFrame(2, "x", { shift: 3, scale: 4 }), 11);
  assert.is(endOutOfFrame(Number.POSITIVE_INFINITY, "x", bent), Number.POSITIVE_INFINITY);
});

test("features of frames", () => {
  const frame = { transforms: [{ kind: "none" } as const, bent.transform!], shift: [0, 0.5], scale: [1, 2] };
  assert.equal(featureOf(frame, 0), { shift: 0, scale: 1 });
  assert.ok(sameFeature(featureOf(frame, 1), bent));
  assert.not.ok(sameFeature(featureOf(frame, 0), bent));
  assert.equal(featureOf(undefined, 3), { shift: 0, scale: 1 });
});

test.run();
