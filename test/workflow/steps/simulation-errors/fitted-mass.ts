/** A run of the mass as far as its fits, for tests of what follows them. */
import { mkdirSync } from "node:fs";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { loadAnalysis } from "../../../../workflow/configuration/configuration.js";
import { openContext } from "../../../../workflow/open-context.js";
import { trainSimulation } from "../../../../workflow/recipes/distribution-of-interest.js";
import { checkEvents } from "../../../../workflow/steps/check-events.js";
import { fitModel } from "../../../../workflow/steps/fits/fit-chain.js";
import { Verdicts } from "../../../../workflow/verdicts.js";

const QUIET = { progress: { begin: () => ({ update() {}, done() {} }), note() {} }, warn() {} };

/** @param set  as `--set` has it */
export async function fittedRun(file: string, out: string, set: readonly string[] = []) {
  mkdirSync(out, { recursive: true });
  const backend = await cpuBackend({ precision: "f32", threads: 1 });
  const analysis = loadAnalysis(file, { set });
  const request = { analysis, folder: out, backend, isForced: false };
  const context = await openContext(request, { ...QUIET, signal: new AbortController().signal });
  const verdicts = new Verdicts(context.warn);
  const { leftOut, acceptance, ...checks } = await checkEvents(context, verdicts);
  const { model, densities, keys } = await trainSimulation(context, { leftOut, acceptance, ...checks }, verdicts);
  const fitted = await fitModel(context, model, keys);
  return {
    context,
    of: { model, densities, leftOut, acceptance, fitted, xAloneKey: keys.xAlone },
    close: backend.close,
  };
}
