/** Which fits are scanned, and with which model. */
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import type { RunContext } from "../../context.js";
import { scanLabel } from "../../likelihood/nuisance-scan.js";
import type { FittedModel, NamedFit } from "./fitted-model.js";

export interface ScanTask {
  readonly name: "xAlone" | "fixed" | "profiled" | "averaged";
  readonly label: string;
  readonly fit: NamedFit;
  readonly model: MixtureModel;
}

/** What the configuration asks for, that whose parabola is drawn first. */
export function scanTasks({ analysis }: RunContext, { model, fits }: FittedModel): ScanTask[] {
  const { response: _response, ...fixed } = model;
  const { profiled, averaged, xAlone } = fits;
  const whole = fits.fixed === undefined && xAlone ? [{ name: "xAlone" as const, fit: xAlone, model }] : [];
  const all = [
    ...whole,
    ...(profiled ? [{ name: "profiled" as const, fit: profiled, model }] : []),
    ...(fits.fixed ? [{ name: "fixed" as const, fit: fits.fixed, model: fixed }] : []),
    ...(averaged ? [{ name: "averaged" as const, fit: averaged, model }] : []),
  ];
  const wanted: readonly string[] = analysis.configuration.scan.fits;
  return all
    .filter(({ name }, i) => i === 0 || wanted.includes(name))
    .map((task) => ({ ...task, label: task.name === "averaged" ? task.fit.label : scanLabel(task.fit.summary) }));
}
