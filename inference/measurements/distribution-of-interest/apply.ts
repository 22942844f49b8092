/** The measured map T as a product: every event of a sample to data or to simulation, nominally and with its variations. */

import { UsageError } from "../../../engine/errors.js";
import {
  aFunction,
  aList,
  anObject,
  aSignal,
  checkArgument,
  checkOptions,
  numbers,
  type Options,
  oneOf,
  optional,
} from "../../../engine/options.js";
import type { Backend, ColumnData, Program } from "../../../engine/runtime/backend.js";
import { broadcast, broadcastEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { chain } from "../../../flows/flow.js";
import { boundOf } from "../../../flows/transforms/scalar-transform.js";
import { enterFrame, framedEvents, leaveFrame, logSlopes } from "../../model/feature-frame.js";
import { checkModel } from "../../model/given-model.js";
import { bindMixture } from "../../model/mixture.js";
import { checkPoint, type MixtureModel, parametersOn } from "../../model/mixture-model.js";
import { withUsedUnitsOf } from "../../model/used-units.js";
import { type Replica, replicaModel } from "./ensemble.js";

/** T maps data to simulation; `to-data` is its inverse, which corrects simulation. */
export type Direction = "to-data" | "to-simulation";

/** T at one ν, or T of one replica. */
export interface MapVariation {
  /** `nominal`, `mode1.up`, `mode1.down`, …, `replica0`, … */
  readonly name: string;
  /** [K] */
  readonly nu: readonly number[];
  /** Whose T it is; absent: the model's own. */
  readonly replica?: Replica;
}

export interface ApplyRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  readonly direction: Direction;
  readonly sample: ApplySample;
  /**
   * ν at which the simulation was made that is mapped, or is wanted [K]. Absent: that of each variation.
   *
   * T(y | x, ν) takes data to simulation at ν. Simulation at ν_sim is first made simulation at ν by the morph V of y, which takes simulation at
   * ν to nominal simulation: y_data = T(ν)⁻¹ ∘ V(ν)⁻¹ ∘ V(ν_sim) (y_sim), and back y_sim = V(ν_sim)⁻¹ ∘ V(ν) ∘ T(ν) (y_data), all at
   * the x of the event, which stays as it is. y_data has then the density p_f(y | x) of the data, whatever ν_sim is.
   */
  readonly simulatedAt?: readonly number[] | undefined;
  /** The first one also gives logDet and probabilities. */
  readonly variations: readonly MapVariation[];
  readonly signal?: AbortSignal;
  /** Called with the number of events done, over all variations. */
  readonly onEvents?: (done: number) => void;
}

export interface ApplySample {
  readonly count: number;
  /** [Dx, count] */
  readonly x: ColumnData;
  /** [Dy, count] */
  readonly y: ColumnData;
  /** Position of the process of all events, or of each [count]. Absent: unknown, and the maps of all processes are wanted. */
  readonly process?: number | Int32Array;
}

/** What one variation makes of the sample: one map where the process is known, else one of each process [F]. */
export interface Applied {
  readonly variation: MapVariation;
  /** [maps][Dy, count] */
  readonly y: readonly Float64Array[];
  /** log|det ∂y_out/∂y_in| of the first variation: [maps][count] */
  readonly logDet?: readonly Float64Array[];
  /** p(f | x, y, ν) of the first variation, to simulation and where the process is unknown: [F][count] */
  readonly probabilities?: readonly Float64Array[];
}

/**
 * The nominal map at ν̂, then ν̂ ± σ_k e_k of every mode where T responds to ν, then every replica's T at ν̂ with the response
 * that all share.
 *
 * @param nu     ν̂ [K]
 * @param modes  principal modes, directions of length 1 [K]
 */
export function mapVariations(
  model: MixtureModel,
  nu: readonly number[],
  modes: readonly { readonly sigma: number; readonly direction: readonly number[] }[],
  replicas: readonly Replica[],
): MapVariation[] {
  checkModel("mapVariations", model);
  checkArgument("mapVariations", "nu", nu, numbers);
  checkArgument("mapVariations", "modes", modes, aList);
  checkArgument("mapVariations", "replicas", replicas, aList);
  const shifted = (size: number, direction: readonly number[]) => nu.map((value, k) => value + size * direction[k]!);
  const ofModes = modes.flatMap(({ sigma, direction }, at) => [
    { name: `mode${at + 1}.up`, nu: shifted(sigma, direction) },
    { name: `mode${at + 1}.down`, nu: shifted(-sigma, direction) },
  ]);
  return [
    { name: "nominal", nu },
    ...(model.response === undefined ? [] : ofModes),
    ...replicas.map((replica) => ({ name: `replica${replica.index}`, nu, replica })),
  ];
}

/**
 * Number of events whose y, in any feature, lies outside the box in which T's splines bend: there T is the straight line that
 * continues them, not what the data say.
 *
 * @param y  [Dy, count]
 */
export function countOutside(model: MixtureModel, y: ColumnData, count: number): number {
  checkModel("countOutside", model);
  const { transport, frame } = model;
  if (transport === undefined) return 0;
  const bound = boundOf(transport.architecture.transform);
  if (bound === undefined) return 0;
  const shift = transport.weights.get("standardisation.features.shift")?.data;
  const scale = transport.weights.get("standardisation.features.scale")?.data;
  const isOutside = new Uint8Array(count);
  const entered = enterFrame(frame?.y, y, "f64");
  for (let i = 0; i < y.length; i++) {
    const feature = Math.floor(i / count);
    const inFrame = (entered[i]! - (shift?.[feature] ?? 0)) / (scale?.[feature] ?? 1);
    if (Math.abs(inFrame) > bound) isOutside[i % count] = 1;
  }
  return isOutside.reduce((sum, one) => sum + one, 0);
}

/** Events between two reports of progress: what is in flight, whatever the size of the sample. */
const PORTION = 2 ** 16;

const applyOptions: Options<ApplyRequest> = {
  backend: anObject,
  model: anObject,
  direction: oneOf("to-data", "to-simulation"),
  sample: anObject,
  simulatedAt: optional(numbers),
  variations: aList,
  signal: optional(aSignal),
  onEvents: optional(aFunction),
};

/** Applies T to a sample, one variation after another, in the order asked for. */
export async function* applyTransport(given: ApplyRequest): AsyncGenerator<Applied> {
  checkOptions("applyTransport", given, applyOptions);
  checkRequest(given);
  const request = { ...given, model: withUsedUnitsOf(given.model) };
  const map = mapTape(request);
  if (request.sample.count === 0) {
    for (const [at, variation] of request.variations.entries()) yield roomFor(map, variation, at, 0);
    return;
  }
  const [, ...others] = request.variations;
  yield* inOneProgram(request, map, map.outputs, request.variations.slice(0, 1), 0);
  // All others have nothing but values to compute.
  if (others.length > 0) yield* inOneProgram(request, map, { value: map.outputs.value }, others, 1);
}

/** @param first  position of the first of these variations */
async function* inOneProgram(
  request: ApplyRequest,
  map: MapTape,
  outputs: Readonly<Record<string, Var>>,
  variations: readonly MapVariation[],
  first: number,
): AsyncGenerator<Applied> {
  const { backend, model } = request;
  const program = await backend.compile({ outputs });
  try {
    const sample = framedEvents(model.frame, request.sample, backend.precision);
    await program.bind(columnsOf(sample));
    for (const [i, variation] of variations.entries())
      yield await applyOne(request, map, program, variation, first + i);
  } finally {
    await program.close();
  }
}

interface MapTape {
  readonly tape: Tape;
  readonly outputs: { readonly value: Var; readonly logDet: Var; readonly probabilities?: Var };
}

function mapTape({ model, direction, sample, simulatedAt }: ApplyRequest): MapTape {
  const tape = new Tape();
  const [widthX, widthY] = [model.x.nominal.architecture.features, model.y!.nominal.architecture.features];
  const [x, y] = [tape.column("x", [widthX]), tape.column("y", [widthY])];
  const nu = tape.parameter("nu", [model.nuisances.length]);
  // The process of each event alone, or all of them.
  const known =
    typeof sample.process === "number" ? tape.parameter("process") : sample.process && tape.column("process");
  const maps = known === undefined ? model.processes.length : 1;
  /** What depends on fewer axes than asked for is repeated along the others. */
  const full = (u: Var, shape: readonly number[]) => broadcastEvents(broadcast(u, shape), tape.events());
  const mixture = bindMixture(tape, model, known);
  const sampleAt = simulatedAt && tape.constant(simulatedAt);
  const steps =
    direction === "to-data"
      ? [
          ...(sampleAt ? [(u: Var) => mixture.moveSimulation(u, x, sampleAt, nu)] : []),
          (u: Var) => mixture.fromSimulation(u, x, nu),
        ]
      : [
          (u: Var) => mixture.toSimulation(u, x, nu),
          ...(sampleAt ? [(u: Var) => mixture.moveSimulation(u, x, nu, sampleAt)] : []),
        ];
  const { value, logDet } = chain(y, steps);
  const outputs = { value: full(value, [maps, widthY]), logDet: full(logDet, [maps]) };
  if (direction === "to-data" || known !== undefined) return { tape, outputs };
  return { tape, outputs: { ...outputs, probabilities: full(mixture.processProbabilities({ x, y }, nu), [maps]) } };
}

const columnsOf = ({ x, y, process }: ApplySample): Record<string, ColumnData> => ({
  x,
  y,
  ...(process instanceof Int32Array && { process: Float32Array.from(process) }),
});

/** @param at  position of the variation */
async function applyOne(
  request: ApplyRequest,
  map: MapTape,
  program: Program,
  variation: MapVariation,
  at: number,
): Promise<Applied> {
  const { tape, outputs } = map;
  const { model, sample, signal, onEvents } = request;
  const { count, process } = sample;
  const own = variation.replica === undefined ? model : replicaModel(model, variation.replica);
  await program.write({
    ...parametersOn(tape, own),
    nu: variation.nu,
    ...(typeof process === "number" && { process: [process] }),
  });
  const applied = roomFor(map, variation, at, count);
  const { y, logDet, probabilities } = applied;
  const [, widthY] = outputs.value.shape as [number, number];
  for (let start = 0; start < count; start += PORTION) {
    const stop = Math.min(count, start + PORTION);
    const part = await program.run({ range: { events: [start, stop] }, signal });
    place(part.value!, y, widthY, count, start);
    if (logDet !== undefined) place(part.logDet!, logDet, 1, count, start);
    if (probabilities !== undefined) place(part.probabilities!, probabilities, 1, count, start);
    onEvents?.(at * count + stop);
  }
  const mapped = y.map((ofMap) => leaveFrame(model.frame?.y, ofMap) as Float64Array);
  if (logDet !== undefined) leaveFrameAsSlope(model, logDet, sample.y, mapped);
  return { ...applied, y: mapped };
}

/** log|det| between numbers that flows see [maps][count], to that between those from the units of y and to them. */
function leaveFrameAsSlope(
  { frame }: MixtureModel,
  logDet: readonly Float64Array[],
  from: ColumnData,
  to: readonly ColumnData[],
): void {
  const start = logSlopes(frame?.y, from);
  if (start === undefined) return;
  for (const [map, values] of logDet.entries()) {
    const end = logSlopes(frame?.y, to[map]!)!;
    for (let i = 0; i < values.length; i++) values[i]! += start[i]! - end[i]!;
  }
}

/** Room for what one variation gives, all of it that there is of no events. */
function roomFor({ outputs }: MapTape, variation: MapVariation, at: number, count: number): Applied {
  const [maps, widthY] = outputs.value.shape as [number, number];
  const columns = (size: number) => Array.from({ length: maps }, () => new Float64Array(size * count));
  return {
    variation,
    y: columns(widthY),
    ...(at === 0 && { logDet: columns(1) }),
    ...(at === 0 && outputs.probabilities !== undefined && { probabilities: columns(1) }),
  };
}

/** Puts the rows of a portion, [maps · width, n], into those of the whole, [maps][width, count]. */
function place(part: Float64Array, whole: readonly Float64Array[], width: number, count: number, start: number): void {
  const n = part.length / (whole.length * width);
  for (let row = 0; row < whole.length * width; row++) {
    whole[Math.floor(row / width)]!.set(part.subarray(row * n, (row + 1) * n), (row % width) * count + start);
  }
}

function checkRequest({ model, sample, variations, simulatedAt }: ApplyRequest): void {
  const where = "applyTransport";
  if (model.y === undefined || model.transport === undefined) {
    throw new UsageError(where, { expected: "a model with a map T of y", got: "one without" });
  }
  const { count, x, y, process } = sample;
  const [widthX, widthY] = [model.x.nominal.architecture.features, model.y.nominal.architecture.features];
  if (x.length !== widthX * count || y.length !== widthY * count || !(count >= 0)) {
    throw new UsageError(where, {
      expected: `columns x [${widthX}, count] and y [${widthY}, count]`,
      got: `${x.length} and ${y.length} numbers, count = ${count}`,
    });
  }
  const processes = typeof process === "number" ? [process] : process;
  const wrong = processes?.findIndex((f) => model.processes[f] === undefined) ?? -1;
  if (wrong >= 0) {
    throw new UsageError(where, {
      expected: `processes from 0 to ${model.processes.length - 1}`,
      got: `${processes![wrong]} at event ${wrong}`,
    });
  }
  if (process instanceof Int32Array && process.length !== count) {
    throw new UsageError(where, { expected: `the process of each of ${count} events`, got: `${process.length}` });
  }
  for (const { nu } of variations) checkPoint(where, model, nu);
  if (simulatedAt !== undefined) checkPoint(where, model, simulatedAt);
}
