/** A file of HS³, the HEP Statistics Serialization Standard, as an analysis: its model, its data, and defaults for all else. */
import { basename } from "node:path";
import { checkedComposition } from "../../../inference/model/composition/composition.js";
import { type ReadHs3, readHs3 } from "../../../inference/model/hs3/read.js";
import { changedParameters, freeParameters } from "../../../inference/model/parameters/parameter.js";
import { type CompositionConfiguration, compositionTable } from "../composition-table.js";
import { readRaw } from "../read-entries.js";
import { checkReferences } from "../references.js";
import { type Problem, validate } from "../validation.js";
import type { CompositionAnalysis, CompositionOverrides } from "./composition-file.js";
import { likelihoodPlans, likelihoodProblems } from "./likelihood-plans.js";

/** Sections that say what is done with a model; the model itself is of the file. */
const SETTABLE = ["name", "seed", "output", "fit", "scan", "impacts", "report"] as const;

const CHOICE = /^analysis=/;

/** Names of steps and files are made of names of likelihoods and channels. */
function plainNames(names: readonly string[]): string[] {
  const plain: string[] = [];
  for (const name of names) {
    let own = name.replace(/[^A-Za-z0-9_-]/g, "_");
    while (plain.includes(own)) own += "_";
    plain.push(own);
  }
  return plain;
}

/** The likelihood as a composition's file would have it. */
function likelihoodsOf({ likelihoods }: ReadHs3): CompositionConfiguration["likelihoods"] {
  const [{ name, channels }] = likelihoods as [ReadHs3["likelihoods"][number]];
  const names = plainNames(channels.map((own) => own.name));
  const none = { region: undefined };
  const own = channels.map(({ density, sample, isExtended }, c) => [
    names[c]!,
    { density, sample, extended: isExtended, ...none },
  ]);
  const absent = { density: undefined, sample: undefined, extended: undefined, region: undefined };
  return { [plainNames([name])[0]!]: { ...absent, channels: Object.fromEntries(own) } };
}

/** What `--set` says of fits, scans and the report; `raw` begins with the parameters of interest, which are scanned. */
function settingsOf(model: ReadHs3, file: string, overrides: CompositionOverrides): CompositionConfiguration {
  const set = overrides.set.filter((own) => !CHOICE.test(own));
  const known = freeParameters(model.composition.parameters).map(({ name }) => name);
  const scanned = model.interests.filter((name) => known.includes(name));
  const begin = `${JSON.stringify({ name: basename(file).replace(/\.json$/i, ""), scan: { parameters: scanned } })}\n`;
  const { value, refuse } = readRaw(begin, file, { ...overrides, set }, compositionTable);
  const foreign = Object.keys(value).filter((key) => !(SETTABLE as readonly string[]).includes(key));
  refuse(
    foreign.map((key) => ({
      path: [key],
      expected: `analysis, ${SETTABLE.join(", ")}, as the model is that of the file`,
      got: key,
      hint: "Change the file, or parameters by --set-parameter, --fix, --free and --limit",
    })),
  );
  const problems: Problem[] = [];
  const configuration = validate(compositionTable, value, problems);
  refuse(problems);
  const names: Problem[] = [];
  const groups = { parameters: { names: known, what: "a free parameter of the likelihood" } };
  checkReferences(compositionTable, configuration, groups, (path, expected, got, hint) =>
    names.push({ path, expected, got, hint: (typeof hint === "function" ? hint() : hint) ?? "Correct it" }),
  );
  refuse(names);
  return configuration;
}

/** @param file  as the user named it */
export async function readHs3File(
  text: string,
  file: string,
  overrides: CompositionOverrides = { set: [] },
): Promise<CompositionAnalysis> {
  const analysis = overrides.set.findLast((own) => CHOICE.test(own))?.replace(CHOICE, "");
  const model = await readHs3(text, { where: file, analysis });
  const settings = settingsOf(model, file, overrides);
  const sample = { file: basename(file), columns: {}, missing: {}, where: undefined, weight: undefined };
  const configuration: CompositionConfiguration = {
    ...settings,
    samples: Object.fromEntries(Object.keys(model.samples).map((name) => [name, sample])),
    likelihoods: likelihoodsOf(model),
  };
  const { parameters } = model.composition;
  const composition = checkedComposition({
    ...model.composition,
    parameters: changedParameters(parameters, overrides.parameters ?? {}),
  });
  const likelihoods = likelihoodPlans(configuration, composition);
  readRaw("{}\n", file, { set: [] }, compositionTable).refuse(likelihoodProblems(likelihoods));
  return { file, configuration, composition, likelihoods, inline: { samples: model.samples, notes: model.notes } };
}
