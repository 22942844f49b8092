import { checkInputs } from "../../workflow/check-inputs.js";
import { affectedProcesses, nuisanceNames, processNames } from "../../workflow/configuration/analysis.js";
import { loadAnalysis } from "../../workflow/configuration/configuration.js";
import { configurationSchema } from "../../workflow/configuration/schema.js";
import type { Configuration } from "../../workflow/configuration/table.js";
import { UsageError } from "../../workflow/errors.js";
import { lookBeforeRegions, readPlans } from "../../workflow/recipes/composition.js";
import { acceptanceLines } from "../../workflow/report/acceptance-text.js";
import { readTrainingSamples, samplesOf } from "../../workflow/steps/composition/training-samples.js";
import { compositionOf, isComposition } from "../command/composition.js";
import type { VerbContext } from "../command/verb.js";

/** Checks a configuration and the files it names, which it reads as `run` would, and says how it was understood. */
export async function validate(context: VerbContext): Promise<void> {
  const { options } = context;
  if (options.schema) {
    const schema = configurationSchema();
    context.print(JSON.stringify(schema, undefined, 2));
    return context.printJson(schema);
  }
  const [file] = context.operands;
  if (file === undefined) {
    throw new UsageError("unbinned validate", { expected: "FILE or --schema", got: "neither" });
  }
  if (isComposition(context)) return validateComposition(context);
  const analysis = loadAnalysis(file, options);
  const acceptance = await checkInputs(analysis, context.warn);
  const lines = acceptanceLines(acceptance).map((line) => `  ${line}`);
  context.print([`${file} is valid.`, summary(analysis.configuration), ...lines].join("\n"));
  context.printJson(analysis.configuration);
}

/** The same of a composition. */
async function validateComposition(context: VerbContext): Promise<void> {
  const analysis = await compositionOf(context);
  const read = await readPlans(analysis, context);
  for (const own of read) await lookBeforeRegions({ analysis, warn: context.warn }, own);
  const lines = read.flatMap(([{ name, channels, parameters }, events]) => [
    `  ${name}: ${parameters.join(", ")}`,
    ...channels.map(({ name: channel, density, isExtended }, c) => {
      return `    ${channel}: ${events[c]!.data.count} events of ${density}${isExtended ? ", extended" : ""}`;
    }),
  ]);
  const trainings = (await readTrainingSamples(analysis, context)).map((own) => {
    const texts = samplesOf(own).map(({ sample, events }) => `${events.data.count} events of ${sample}`);
    const beside = own.kind === "morphed" && own.nominal !== undefined ? `, beside ${texts.pop()}` : "";
    return `  ${own.density}: trained on ${texts.join(", ")}${beside}`;
  });
  context.print([`${analysis.file} is valid.`, ...lines, ...trainings].join("\n"));
  context.printJson(analysis.configuration);
}

function summary(configuration: Configuration): string {
  const { likelihood, observables } = configuration;
  const processes = processNames(configuration).join(", ");
  const nuisances = nuisanceNames(configuration).map((name) => {
    const { kind } = configuration.nuisances[name]!;
    return `${name} (${kind} of ${affectedProcesses(configuration, name).join(", ")})`;
  });
  const features = likelihood.observables.map((name) => {
    const count = observables[name]!.features;
    return `${name} in ${count} dimension${count === 1 ? "" : "s"}`;
  });
  return [
    `  likelihood: ${likelihood.form}${likelihood.extended ? ", extended" : ""}, of ${features.join(" and ")}`,
    `  processes:  ${processes}`,
    `  nuisances:  ${nuisances.join(", ")}`,
  ].join("\n");
}
