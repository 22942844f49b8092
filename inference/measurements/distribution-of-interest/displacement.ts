/** The pull of the distribution of interest: where T moves an event when the nuisances move. */

import { UsageError } from "../../../engine/errors.js";
import { aColumn, aList, aNumber, anObject, checkOptions, type Options, optional } from "../../../engine/options.js";
import type { Backend, ColumnData } from "../../../engine/runtime/backend.js";
import { broadcast } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { enterFrame, type FeatureFrame, leaveFrameAsDifference } from "../../model/feature-frame.js";
import { bindMixture } from "../../model/mixture.js";
import { checkPoint, type MixtureModel, parametersOn } from "../../model/mixture-model.js";
import { withUsedUnitsOf } from "../../model/used-units.js";
import { type BandMember, bandMembers } from "./bands.js";
import type { Replica } from "./ensemble.js";

export interface DisplacementRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  /** [Dy, n]: where the field is wanted */
  readonly y: ColumnData;
  /** [Dx, n] */
  readonly x: ColumnData;
  readonly count: number;
  /** Points of the nuisances [K]. All others are compared with the first one. */
  readonly points: readonly (readonly number[])[];
  /** At least two, for the spread of the fields; by default none. */
  readonly replicas?: readonly Replica[];
}

/** One field over the replicas, in the units of y [Dy, n] each. */
export interface FieldSpread {
  readonly mean: Float64Array;
  /** Standard deviation, of B - 1 degrees of freedom: itself uncertain by 1 / √(2 (B - 1)) of it. */
  readonly spread: Float64Array;
}

export interface Displacements {
  /** T_f(y | x, ν_first) - y: [F][Dy, n] */
  readonly nominal: readonly Float64Array[];
  /** T_f(y | x, ν) - T_f(y | x, ν_first) of each further point: [points - 1][F][Dy, n] */
  readonly shifts: readonly (readonly Float64Array[])[];
  /**
   * Both over the replicas: the spread of T at a point, and of its displacement to another point. T of each responds from the ν
   * that it was fitted with (`ReplicaOrigin`), so that the errors of ν are not in it. Undefined without replicas.
   */
  readonly ensemble:
    | { readonly nominal: readonly FieldSpread[]; readonly shifts: readonly (readonly FieldSpread[])[] }
    | undefined;
}

function checkRequest({ model, x, y, count, points, replicas = [] }: DisplacementRequest): void {
  const widths = [model.x.nominal.architecture.features, model.y?.nominal.architecture.features] as const;
  if (widths[1] === undefined) {
    throw new UsageError("displacements", { expected: "a model with a density of y", got: "one of x alone" });
  }
  if (x.length !== widths[0] * count || y.length !== widths[1] * count || !(count >= 1)) {
    throw new UsageError("displacements", {
      expected: `columns x [${widths[0]}, count] and y [${widths[1]}, count]`,
      got: `${x.length} and ${y.length} numbers, count = ${count}`,
    });
  }
  if (points.length === 0) throw new UsageError("displacements", { expected: "at least one point", got: "none" });
  for (const point of [...points, ...replicas.map(({ nu }) => nu)]) checkPoint("displacements", model, point);
  if (replicas.length === 1) {
    throw new UsageError("displacements", { expected: "no replicas or at least two, for a spread", got: "one" });
  }
}

const displacementOptions: Options<DisplacementRequest> = {
  backend: anObject,
  model: anObject,
  y: aColumn,
  x: aColumn,
  count: aNumber,
  points: aList,
  replicas: optional(aList),
};

/**
 * Displacements in the units of y. With the points ν̂, ν̂ + σ_1 e_1, ν̂ - σ_1 e_1, … of the principal modes, `shifts` holds
 * Δ_k^±(y | x, f).
 */
export async function displacements(request: DisplacementRequest): Promise<Displacements> {
  checkOptions("displacements", request, displacementOptions);
  const { backend, count, points, replicas = [] } = request;
  checkRequest(request);
  const model = withUsedUnitsOf(request.model);
  const { frame } = model;
  // In the precision of the backend, so that a y which T leaves alone has no displacement.
  const y = enterFrame(frame?.y, request.y, backend.precision);
  const x = enterFrame(frame?.x, request.x, backend.precision);
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const [widthX, widthY] = [x.length / count, y.length / count];
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const moved = mixture.toSimulation(tape.column("y", [widthY]), tape.column("x", [widthX]), nu);
  // What does not depend on the process has no axis of processes yet.
  const value = broadcast(moved.value, [model.processes.length, widthY]);
  const program = await backend.compile({ outputs: { value } });
  const fieldsOf = async (member: BandMember) => {
    await program.write(parametersOn(tape, member.model));
    const ends: Float64Array[][] = [];
    for (const point of points) {
      await program.write({ nu: member.responseAt(point) });
      const all = (await program.run()).value!;
      ends.push(model.processes.map((_, f) => all.slice(f * widthY * count, (f + 1) * widthY * count)));
    }
    return relative(ends, y, frame?.y);
  };
  const members = (replicas: readonly Replica[]) => bandMembers({ model, replicas, origin: "replica" });
  try {
    await program.bind({ x, y });
    const own = await fieldsOf(members([])[0]!);
    if (replicas.length === 0) return { ...own, ensemble: undefined };
    const all: Fields[] = [];
    for (const member of members(replicas)) all.push(await fieldsOf(member));
    const nominal = own.nominal.map((_, f) => spreadOf(all.map((of) => of.nominal[f]!)));
    const shifts = own.shifts.map((shift, p) => shift.map((_, f) => spreadOf(all.map((of) => of.shifts[p]![f]!))));
    return { ...own, ensemble: { nominal, shifts } };
  } finally {
    await program.close();
  }
}

type Fields = Pick<Displacements, "nominal" | "shifts">;

/**
 * Differences in the units of y.
 *
 * @param moved  T(y) in the frame at each point [points][F][Dy, n]
 */
function relative(moved: readonly (readonly Float64Array[])[], y: ColumnData, frame: FeatureFrame | undefined): Fields {
  const [first, ...others] = moved as [readonly Float64Array[], ...Float64Array[][]];
  const less = (field: Float64Array, from: ColumnData) => leaveFrameAsDifference(frame, field, from);
  return {
    nominal: first.map((field) => less(field, y)),
    shifts: others.map((field) => field.map((ofProcess, f) => less(ofProcess, first[f]!))),
  };
}

/** @param fields  of each replica */
function spreadOf(fields: readonly Float64Array[]): FieldSpread {
  const mean = fields[0]!.map((_, i) => fields.reduce((sum, field) => sum + field[i]!, 0) / fields.length);
  const spread = mean.map((centre, i) =>
    Math.sqrt(fields.reduce((sum, field) => sum + (field[i]! - centre) ** 2, 0) / (fields.length - 1)),
  );
  return { mean, spread };
}
