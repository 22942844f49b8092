/** Events of a mixture's processes, drawn from its flows by inversion. */
import type { Backend, ColumnData, ColumnSource, Program } from "../engine/backend.js";
import { UsageError } from "../engine/errors.js";
import { concatenate } from "../engine/operations.js";
import { randomKey } from "../engine/random.js";
import { normalColumn } from "../engine/random-column.js";
import { Tape, type Var } from "../engine/tape.js";
import { bindFactorizableFlow } from "../flows/factorizable.js";
import { bindFlow } from "../flows/flow.js";
import { bindTransfer } from "./mixture.js";
import { checkPoint, type DensityModel, type MixtureModel, parametersOn } from "./mixture-model.js";

/** Names a stream of random numbers. */
export interface Stream {
  readonly seed: number;
  readonly purpose: string;
}

export interface Sampler {
  /** x ~ p(x | process, ν), [Dx, count]; ν [K] in declared order. */
  sampleX(process: number, nu: readonly number[], count: number, stream: Stream): Promise<Float32Array>;
  /** y ~ p(y | x, process, ν), T undone: data-like where the model has a T, [Dy, count]. */
  sampleY(process: number, nu: readonly number[], x: ColumnData, stream: Stream): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The model of simulation: no T between it and the events. */
export function withoutTransfer({ transfer: _transfer, response: _response, ...model }: MixtureModel): MixtureModel {
  return model;
}

/** Latent to observed at ν of the shape nuisances [S]. */
function density(tape: Tape, name: "x" | "y", { nominal, systematics }: DensityModel, shapes: Var | undefined) {
  const flow = bindFlow(tape, nominal.architecture, `${name}.nominal`);
  const varied = systematics && bindFactorizableFlow(tape, systematics.architecture, `${name}.systematics`);
  return (latent: Var, context: Var): Var => {
    const { value } = flow.fromLatent(latent, context);
    return varied === undefined ? value : varied.fromNominal(value, context, shapes!).value;
  };
}

interface SampleTape {
  readonly tape: Tape;
  readonly sample: Var;
  /** Whether ν acts through the densities, and through T's response. */
  readonly hasShapes: boolean;
  readonly hasNu: boolean;
}

function sampleTape(model: MixtureModel, of: "x" | "y"): SampleTape {
  const tape = new Tape();
  const process = tape.parameter("process", [model.processes.length]);
  const shapes = model[of]!.systematics && tape.parameter("shapes", [shapeCount(model)]);
  const dimension = (name: "x" | "y") => model[name]!.nominal.architecture.features;
  const latent = tape.column("latent", [dimension(of)]);
  if (of === "x") {
    return {
      tape,
      sample: density(tape, "x", model.x, shapes)(latent, process),
      hasShapes: shapes !== undefined,
      hasNu: false,
    };
  }
  const x = tape.column("x", [dimension("x")]);
  const context = concatenate([process, x]);
  const simulated = density(tape, "y", model.y!, shapes)(latent, context);
  const sample = toData(tape, model, simulated, context);
  return { tape, sample, hasShapes: shapes !== undefined, hasNu: model.response !== undefined };
}

/** T⁻¹: the model's T and its response to ν undone, where it has them. */
function toData(tape: Tape, model: MixtureModel, simulated: Var, context: Var): Var {
  const nu = model.response && tape.parameter("nu", [model.nuisances.length]);
  return bindTransfer(tape, model).fromSimulation(simulated, context, nu).value;
}

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
  toData(
    own: MixtureModel,
    process: number,
    nu: readonly number[],
    x: ColumnData,
    y: ColumnData,
  ): Promise<Float32Array>;
  close(): Promise<void>;
}

/** @param model  with a T; its weights do not matter */
export async function openDataMap(backend: Backend, model: MixtureModel): Promise<DataMap> {
  const tape = new Tape();
  const process = tape.parameter("process", [model.processes.length]);
  const x = tape.column("x", [model.x.nominal.architecture.features]);
  const y = tape.column("y", [model.y!.nominal.architecture.features]);
  const program = await backend.compile({ outputs: { y: toData(tape, model, y, concatenate([process, x])) } });
  return {
    async toData(own, process, nu, x, y) {
      checkDraw(own, "y", process, nu);
      await program.write({
        ...parametersOn(tape, own),
        process: oneHot(own, process),
        ...(own.response && { nu }),
      });
      await program.bind({ x, y });
      return Float32Array.from((await program.run()).y!);
    },
    close: () => program.close(),
  };
}

const oneHot = ({ processes }: MixtureModel, process: number) => processes.map((_, f) => (f === process ? 1 : 0));

const shapeCount = ({ nuisances }: MixtureModel) => nuisances.filter(({ kind }) => kind === "shape").length;

/** Values of the shape nuisances that a process sees: at their centres where they do not act on it. */
export function shapesSeenBy(model: MixtureModel, process: number, nu: readonly number[]): number[] {
  return model.nuisances.flatMap((nuisance, k) => {
    if (nuisance.kind !== "shape") return [];
    return [nuisance.acts[process] ? nu[k]! : nuisance.centre];
  });
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

/** @param model  its T and response are undone where it has them; see `withoutTransfer` */
export async function openSampler(backend: Backend, model: MixtureModel): Promise<Sampler> {
  const programs = new Map<"x" | "y", { readonly program: Program } & Pick<SampleTape, "hasShapes" | "hasNu">>();

  async function opened(of: "x" | "y") {
    const known = programs.get(of);
    if (known !== undefined) return known;
    const { tape, sample, hasShapes, hasNu } = sampleTape(model, of);
    const program = await backend.compile({ outputs: { sample } });
    await program.write(parametersOn(tape, model));
    const entry = { program, hasShapes, hasNu };
    programs.set(of, entry);
    return entry;
  }

  async function sample(of: "x" | "y", process: number, nu: readonly number[], columns: Record<string, ColumnSource>) {
    checkDraw(model, of, process, nu);
    const { program, hasShapes, hasNu } = await opened(of);
    await program.write({
      process: oneHot(model, process),
      ...(hasShapes && { shapes: shapesSeenBy(model, process, nu) }),
      ...(hasNu && { nu }),
    });
    await program.bind(columns);
    return Float32Array.from((await program.run()).sample!);
  }

  const latents = (features: number, count: number, { seed, purpose }: Stream) =>
    normalColumn(randomKey(seed, purpose), features * count);

  return {
    sampleX: (process, nu, count, stream) =>
      sample("x", process, nu, { latent: latents(model.x.nominal.architecture.features, count, stream) }),
    sampleY(process, nu, x, stream) {
      const count = x.length / model.x.nominal.architecture.features;
      const features = model.y?.nominal.architecture.features ?? 0;
      return sample("y", process, nu, { x, latent: latents(features, count, stream) });
    },
    async close() {
      for (const { program } of programs.values()) await program.close();
    },
  };
}
