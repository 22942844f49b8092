/** Events of a mixture's processes, drawn from its flows by inversion. */

import { UsageError } from "../../../engine/errors.js";
import { randomKey } from "../../../engine/random/random.js";
import { normalColumn } from "../../../engine/random/random-column.js";
import type { Backend, ColumnData, ColumnSource, Program } from "../../../engine/runtime/backend.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { enterFrame, type FeatureFrame, leaveFrame } from "../feature-frame.js";
import { checkModel } from "../given-model.js";
import { bindMixture } from "../mixture.js";
import { checkPoint, type MixtureModel, parametersOn } from "../mixture-model.js";
import { withUsedUnitsOf } from "../used-units.js";

/** Names a stream of random numbers. */
export interface Stream {
  readonly seed: number;
  readonly purpose: string;
}

export interface Sampler {
  /** x ~ p(x | process, ν), [Dx, count]; ν [K] in declared order. */
  sampleX(process: number, nu: readonly number[], count: number, stream: Stream): Promise<ColumnData>;
  /** y ~ p(y | x, process, ν), T undone: data-like where the model has a T, [Dy, count]. */
  sampleY(process: number, nu: readonly number[], x: ColumnData, stream: Stream): Promise<ColumnData>;
  close(): Promise<void>;
}

/** The model of simulation: no T between it and the events. */
export function withoutTransport(whole: MixtureModel): MixtureModel {
  checkModel("withoutTransport", whole);
  const { transport: _transport, response: _response, ...model } = whole;
  return model;
}

const dimension = (model: MixtureModel, of: "x" | "y") => model[of]!.nominal.architecture.features;

/** The model on a tape, of the process that is the parameter "process", at the parameter "nu" [K] where there are nuisances. */
function drawnAt(tape: Tape, model: MixtureModel) {
  const size = model.nuisances.length;
  // A tape has no empty arrays.
  const nu = size === 0 ? tape.constant(0) : tape.parameter("nu", [size]);
  return { mixture: bindMixture(tape, model, tape.parameter("process")), nu };
}

/** What they are written with. */
const parametersAt = (process: number, nu: readonly number[]) => ({ process: [process], ...(nu.length > 0 && { nu }) });

/** Draws of x or y from the column "latent", and for y the column "x". */
function sampleOf(tape: Tape, model: MixtureModel, of: "x" | "y"): Var {
  const { mixture, nu } = drawnAt(tape, model);
  const latent = tape.column("latent", [dimension(model, of)]);
  if (of === "x") return mixture.sampleX(latent, nu);
  return mixture.sampleY(latent, tape.column("x", [dimension(model, "x")]), nu);
}

/** What a program gave, with no more digits than its backend has, in the units of the features. */
const observed = ({ precision }: Backend, frame: FeatureFrame | undefined, values: Float64Array): ColumnData =>
  leaveFrame(frame, enterFrame(undefined, values, precision));

/** T⁻¹ of any of the models that differ in the weights of T only, such as those of replicas: one program for all of them. */
export interface DataMap {
  /**
   * Simulation to data [Dy, count].
   *
   * @param own  of the same architectures
   * @param nu   to which T responds [K]
   * @param x    [Dx, count]
   * @param y    as simulated [Dy, count]
   */
  toData(own: MixtureModel, process: number, nu: readonly number[], x: ColumnData, y: ColumnData): Promise<ColumnData>;
  close(): Promise<void>;
}

/** @param model  with a T; its weights do not matter */
export async function openDataMap(backend: Backend, model: MixtureModel): Promise<DataMap> {
  const tape = new Tape();
  const { mixture, nu } = drawnAt(tape, model);
  const [x, y] = [tape.column("x", [dimension(model, "x")]), tape.column("y", [dimension(model, "y")])];
  const { value } = mixture.fromSimulation(y, x, nu);
  const program = await backend.compile({ outputs: { y: value } });
  const { frame } = model;
  const entered = (of: "x" | "y", column: ColumnData) => enterFrame(frame?.[of], column, backend.precision);
  return {
    async toData(own, process, nu, x, y) {
      checkDraw(own, "y", process, nu);
      await program.write({ ...parametersOn(tape, own), ...parametersAt(process, nu) });
      await program.bind({ x: entered("x", x), y: entered("y", y) });
      return observed(backend, frame?.y, (await program.run()).y!);
    },
    close: () => program.close(),
  };
}

function checkDraw(model: MixtureModel, of: "x" | "y", process: number, nu: readonly number[]): void {
  checkPoint("sampler", model, nu);
  if (model[of] === undefined) {
    throw new UsageError("sampler", { expected: "a model with a density of y", got: "one of x alone" });
  }
  if (model.processes[process] !== undefined) return;
  throw new UsageError("sampler", {
    expected: `a process from 0 to ${model.processes.length - 1}`,
    got: `${process}`,
  });
}

/** @param whole  its T and response are undone where it has them; see `withoutTransport` */
export async function openSampler(backend: Backend, whole: MixtureModel): Promise<Sampler> {
  checkModel("openSampler", whole);
  const model = withUsedUnitsOf(whole);
  const programs = new Map<"x" | "y", Program>();

  async function opened(of: "x" | "y") {
    const known = programs.get(of);
    if (known !== undefined) return known;
    const tape = new Tape();
    const program = await backend.compile({ outputs: { sample: sampleOf(tape, model, of) } });
    await program.write(parametersOn(tape, model));
    programs.set(of, program);
    return program;
  }

  async function sample(of: "x" | "y", process: number, nu: readonly number[], columns: Record<string, ColumnSource>) {
    checkDraw(model, of, process, nu);
    const program = await opened(of);
    await program.write(parametersAt(process, nu));
    await program.bind(columns);
    return observed(backend, model.frame?.[of], (await program.run()).sample!);
  }

  const latents = (features: number, count: number, { seed, purpose }: Stream) =>
    normalColumn(randomKey(seed, purpose), features * count);

  return {
    sampleX: (process, nu, count, stream) =>
      sample("x", process, nu, { latent: latents(dimension(model, "x"), count, stream) }),
    sampleY(process, nu, x, stream) {
      const count = x.length / dimension(model, "x");
      const features = model.y?.nominal.architecture.features ?? 0;
      const given = enterFrame(model.frame?.x, x, backend.precision);
      return sample("y", process, nu, { x: given, latent: latents(features, count, stream) });
    },
    async close() {
      for (const program of programs.values()) await program.close();
    },
  };
}
