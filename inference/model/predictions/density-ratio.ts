/** The ratio of a process's density at one point of the nuisances to that at another, event by event. */
import { anObject, checkArgument } from "../../../engine/options.js";
import type { Backend, ColumnData, Program } from "../../../engine/runtime/backend.js";
import { add, sub } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { framedEvents } from "../feature-frame.js";
import { checkModel } from "../given-model.js";
import { bindMixture } from "../mixture.js";
import { type MixtureModel, parametersOn } from "../mixture-model.js";
import { withUsedUnitsOf } from "../used-units.js";

export interface DensityRatio {
  /**
   * log p_f(x | to) - log p_f(x | from), and with y that of p_f(x, y | ν): f64 [events].
   *
   * @param from  ν [K]
   * @param to    ν [K]
   * @param x     [Dx, events], in the units of the features
   * @param y     [Dy, events]
   */
  logRatio(
    process: number,
    from: readonly number[],
    to: readonly number[],
    x: ColumnData,
    y: ColumnData | undefined,
  ): Promise<Float64Array>;
  close(): Promise<void>;
}

/** @param whole  without T */
export async function openDensityRatio(backend: Backend, whole: MixtureModel): Promise<DensityRatio> {
  checkArgument("openDensityRatio", "backend", backend, anObject);
  checkModel("openDensityRatio", whole);
  const model = withUsedUnitsOf(whole);
  const programs = new Map<boolean, Program>();
  async function opened(withY: boolean): Promise<Program> {
    const known = programs.get(withY);
    if (known !== undefined) return known;
    const tape = new Tape();
    const mixture = bindMixture(tape, model, tape.parameter("process"));
    const x = tape.column("x", [model.x.nominal.architecture.features]);
    const y = withY ? tape.column("y", [model.y!.nominal.architecture.features]) : undefined;
    const at = (name: string): Var => {
      const nu = tape.parameter(name, [model.nuisances.length]);
      const ofX = mixture.logProbX(x, nu);
      return y === undefined ? ofX : add(ofX, mixture.logProbY(y, x, nu));
    };
    const program = await backend.compile({ outputs: { logRatio: sub(at("to"), at("from")) } });
    await program.write(parametersOn(tape, model));
    programs.set(withY, program);
    return program;
  }
  return {
    async logRatio(process, from, to, x, y) {
      const program = await opened(y !== undefined);
      await program.write({ from, to, process: [process] });
      const framed = framedEvents(model.frame, { x, ...(y && { y }) }, backend.precision);
      await program.bind({ x: framed.x, ...(framed.y && { y: framed.y }) });
      return (await program.run()).logRatio!;
    },
    async close() {
      for (const program of programs.values()) await program.close();
    },
  };
}
