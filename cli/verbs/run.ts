import { join } from "node:path";
import { removeUnfinished, writeAtomic, writeNpz } from "../../io/index.js";
import { outputFolder } from "../analysis.js";
import { openBackend } from "../backend.js";
import { checkFiles, loadAnalysis } from "../configuration.js";
import { saveReplicas } from "../ensemble-files.js";
import { NotConverged, UsageError } from "../messages.js";
import { saveModel } from "../model-files.js";
import { describeFit } from "../nuisance-fit.js";
import { scanPictures } from "../nuisance-scan.js";
import { createOutputFolder } from "../output-folder.js";
import { buildReport } from "../report.js";
import { runChain, trainSimulation } from "../run/chain.js";
import { fitOneReplica } from "../run/fits.js";
import { impactPictures } from "../run/impacts.js";
import { checkTrainable, openSetting } from "../run/open-setting.js";
import { reportOf } from "../run/page.js";
import {
  closurePictures,
  displacementPictures,
  lossPicture,
  nuisancePictures,
  type Pictures,
  projectionPictures,
  replicaPicture,
} from "../run/pictures.js";
import { arraysOf, type Outcome, resultsOf } from "../run/results.js";
import { looksAtY, type Setting } from "../run/setting.js";
import type { VerbContext } from "../verb.js";

/** The whole chain of an analysis: results.json, arrays.npz, pictures, report.html and the model, in the output folder. */
export async function run(context: VerbContext): Promise<void> {
  const { options, operands, signal } = context;
  const analysis = loadAnalysis(operands[0]!, options);
  checkTrainable(analysis);
  checkFiles(analysis);
  const folder = outputFolder(analysis, options.out);
  createOutputFolder(folder);
  // Beside it, other replicas may be at work.
  if (options.replica === undefined) await removeUnfinished(folder);
  createOutputFolder(join(folder, "pictures"));
  const backend = await openBackend(options, "f32");
  const warnings: string[] = [];
  const warn = (text: string) => {
    warnings.push(text);
    context.warn(text);
  };
  try {
    const setting = await openSetting(context, analysis, folder, backend, warn);
    if (options.replica !== undefined) return await runReplica(context, setting, options.replica);
    const outcome = await runChain(setting, warnings);
    signal.throwIfAborted();
    await writeOutcome(setting, outcome);
    for (const { label, summary } of Object.values(outcome.fitted.fits)) {
      context.print(`\n${label}\n${describeFit(summary, analysis.configuration.truth)}`);
    }
    context.print(`\n${join(folder, "report.html")}`);
    context.printJson(resultsOf(setting, outcome));
    const { label, summary } = outcome.best;
    if (summary.status !== "converged") throw new NotConverged(label, summary);
  } finally {
    await backend.close();
  }
}

/** One replica of the ensemble and what it needs, for batch systems: `run` without --replica finds its steps done. */
async function runReplica(context: VerbContext, setting: Setting, index: number): Promise<void> {
  const { ensemble, transfer } = setting.analysis.configuration;
  if (index >= ensemble.replicas || !looksAtY(setting) || !transfer.enabled) {
    throw new UsageError("--replica", {
      expected: `one of the ${ensemble.replicas} replicas of T (ensemble.replicas), counted from 0`,
      got: `${index}`,
    });
  }
  const { model, key } = await trainSimulation(setting);
  const { replica, fit } = await fitOneReplica(setting, model, key, index);
  context.print(`replica ${index}, ${fit.status}: nu = ${replica.nu.map((value) => value.toFixed(5)).join(", ")}`);
  context.printJson({ index, nu: replica.nu, status: fit.status });
  if (fit.status !== "converged") throw new NotConverged(`replica ${index}`, fit);
}

function picturesOf(setting: Setting, outcome: Outcome): Pictures {
  const { best, scans, impacts, trainings, closure, projections, bands, fields } = outcome;
  return new Map([
    ...nuisancePictures(setting, best.summary),
    ...scanPictures(setting.analysis, setting.events.data.count, scans),
    ...impactPictures(setting, impacts, best),
    ...replicaPicture(setting, outcome),
    ...projectionPictures(setting, projections, bands),
    ...(looksAtY(setting) ? displacementPictures(setting, fields) : []),
    ...closurePictures(setting, closure),
    ...lossPicture(setting, trainings),
  ]);
}

async function writeOutcome(setting: Setting, outcome: Outcome): Promise<void> {
  const { folder } = setting;
  await saveModel(folder, outcome.fitted.model);
  await saveReplicas(
    folder,
    outcome.fitted.replicas.map(({ replica }) => replica),
  );
  await writeNpz(join(folder, "arrays.npz"), arraysOf(outcome));
  const pictures = picturesOf(setting, outcome);
  for (const [name, svg] of pictures) await writeAtomic(join(folder, "pictures", `${name}.svg`), [svg]);
  await writeAtomic(join(folder, "report.html"), [buildReport(reportOf(setting, outcome, pictures))]);
  await writeAtomic(join(folder, "results.json"), [`${JSON.stringify(resultsOf(setting, outcome), undefined, 2)}\n`]);
}
