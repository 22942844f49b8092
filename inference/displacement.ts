/** The pull of the distribution of interest: where T moves an event when the nuisances move. */
import type { Backend } from "../engine/backend.js";
import { UsageError } from "../engine/errors.js";
import { broadcast } from "../engine/operations.js";
import { Tape } from "../engine/tape.js";
import { bindMixture } from "./mixture.js";
import { checkPoint, type MixtureModel, parametersOn } from "./mixture-model.js";

export interface DisplacementRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  /** [Dy, n]: where the field is wanted */
  readonly y: Float32Array;
  /** [Dx, n] */
  readonly x: Float32Array;
  readonly count: number;
  /** Points of the nuisances [K]; the first one is what the others are compared with. */
  readonly points: readonly (readonly number[])[];
}

export interface Displacements {
  /** T_f(y | x, ν_first) - y: [F][Dy, n] */
  readonly nominal: readonly Float64Array[];
  /** T_f(y | x, ν) - T_f(y | x, ν_first) of each further point: [points - 1][F][Dy, n] */
  readonly shifts: readonly (readonly Float64Array[])[];
}

function checkRequest({ model, x, y, count, points }: DisplacementRequest): void {
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
  for (const point of points) checkPoint("displacements", model, point);
}

/**
 * Displacements in the units of y. With the points ν̂, ν̂ + σ_1 e_1, ν̂ - σ_1 e_1, … of the principal modes, `shifts` holds
 * Δ_k^±(y | x, f).
 */
export async function displacements(request: DisplacementRequest): Promise<Displacements> {
  const { backend, model, x, y, count, points } = request;
  checkRequest(request);
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const [widthX, widthY] = [x.length / count, y.length / count];
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const moved = mixture.toSimulation(tape.column("y", [widthY]), tape.column("x", [widthX]), nu);
  // What does not depend on the process has no axis of processes yet.
  const value = broadcast(moved.value, [model.processes.length, widthY]);
  const program = await backend.compile({ outputs: { value } });
  try {
    await program.bind({ x, y });
    await program.write(parametersOn(tape, model));
    const fields: Float64Array[][] = [];
    for (const point of points) {
      await program.write({ nu: point });
      const all = (await program.run()).value!;
      fields.push(model.processes.map((_, f) => all.slice(f * widthY * count, (f + 1) * widthY * count)));
    }
    const [first, ...others] = fields as [Float64Array[], ...Float64Array[][]];
    return {
      nominal: first.map((field) => field.map((value, i) => value - y[i]!)),
      shifts: others.map((field) => field.map((ofProcess, f) => ofProcess.map((value, i) => value - first[f]![i]!))),
    };
  } finally {
    await program.close();
  }
}
