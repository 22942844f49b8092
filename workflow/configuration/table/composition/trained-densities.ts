/** How densities are written that a step of their own trains: flows, and what nuisances do to another density. */
import { entryOf } from "../../../../engine/entry.js";
import { factorizableFlow, initialise } from "../../../../flows/architecture/architecture.js";
import type { Column } from "../../../../inference/model/composition/composition.js";
import { isLinearOnly } from "../../../../inference/model/training/morph.js";
import { UsageError } from "../../../errors.js";
import { flowArchitecture } from "../../architectures.js";
import { list, map, number, section, text } from "../../entries.js";
import { MAXIMA } from "../../limits.js";
import { flowKeys } from "../flows.js";
import { combination, morphKeys } from "../morph.js";
import { recipe } from "../training.js";
import { row } from "./row.js";
import { density, END, region } from "./values.js";

/** What flows and morphs are of, and on what events they are trained. */
const columnKeys = {
  of: list(text({ doc: "Column.", refersTo: "columns" }), {
    doc: "Columns that it is a density of.",
    minLength: 1,
    maxLength: MAXIMA.features,
    unique: true,
  }),
  given: list(text({ doc: "Column.", refersTo: "columns" }), {
    doc: "Columns that it is conditional on.",
    default: [],
    maxLength: MAXIMA.features,
    unique: true,
  }),
} as const;

const sampleKeys = {
  region: {
    ...region(
      "Events of the sample that it is trained on, by column, such as sidebands: there the density is normalised in the training. Absent: all.",
    ),
    optional: true,
  },
  heldOut: number({
    doc: "Fraction of the sample that is held out from training: it decides whether an earlier epoch was better.",
    default: 0.2,
    above: 0,
    max: 0.9,
  }),
} as const;

type Columns = Readonly<Record<string, Column>>;

/** Numbers that a network sees of given columns. */
const contextOf = (given: readonly string[], columns: Columns) =>
  given.reduce((sum, name) => sum + (columns[name]?.values?.length ?? 1), 0);

export const flowRow = row(
  section(
    {
      ...columnKeys,
      train: text({ doc: "Sample that it is trained on, by maximum likelihood.", refersTo: "samples" }),
      ...sampleKeys,
      // Columns have no transformation that has learned their tails.
      ...flowKeys(5),
      training: recipe("the flow", { optimiser: "adamw", epochs: 50, batch: 512, learningRate: 2e-3 }),
    },
    { doc: "Normalizing flow, normalised over the ranges of its columns, and trained by a step of its own." },
  ),
  "flow",
  ({ of, given, ...written }, where, columns) => {
    if (written.structure === "coupling" && of.length < 2) {
      const expected = "two columns or more of a coupling flow";
      throw new UsageError(where, { expected, got: `${of.length} (${of.join(", ")})`, hint: "Leave structure out" });
    }
    const architecture = flowArchitecture(written, { features: of.length, context: contextOf(given, columns) });
    // Untrained: the step of its training has its weights.
    const flow = { architecture, weights: initialise(architecture, 0, { identity: true }) };
    return { kind: "flow", of, ...(given.length > 0 && { given }), flow } as const;
  },
);

const varied = section(
  {
    sample: text({ doc: "Sample of events.", refersTo: "samples" }),
    at: map(number({ doc: "Its value.", ...END }), {
      doc: "Values of nuisances at which the sample was made; those that are not named have their nominal values.",
      of: "nuisances",
      namesReferTo: "values",
      maxLength: MAXIMA.nuisances,
    }),
  },
  { doc: "A sample at other values of the nuisances." },
);

type Nominal = Readonly<Record<string, number>>;

/** Values of all nuisances, in their order. */
export const pointOf = (nominal: Nominal, at: Readonly<Record<string, number>>): number[] =>
  Object.entries(nominal).map(([name, value]) => entryOf(at, name) ?? value);

/** Refuses samples that say nothing of a nuisance or of a pair, or that move what is none. */
function checkVaried(
  where: string,
  nominal: Nominal,
  train: readonly { readonly sample: string; readonly at: Readonly<Record<string, number>> }[],
  pairs: readonly (readonly string[])[],
): void {
  const names = Object.keys(nominal);
  const refuse = (expected: string, got: string) => {
    throw new UsageError(where, { expected, got });
  };
  if (names.length === 0) refuse("at least one nuisance", "none");
  const moved = train.map(({ sample, at }) => {
    const unknown = Object.keys(at).find((name) => !names.includes(name));
    if (unknown !== undefined) refuse(`values of its nuisances (${names.join(", ")}) in the sample ${sample}`, unknown);
    const own = names.filter((name, k) => pointOf(nominal, at)[k] !== nominal[name]);
    if (own.length === 0) refuse("samples at other than the nominal values", `${sample} at these`);
    return own;
  });
  for (const name of names) {
    if (!moved.some((own) => own.includes(name))) refuse(`a sample at another value of ${name}`, "none");
  }
  for (const pair of pairs) {
    const other = pair.find((name) => !names.includes(name));
    if (other !== undefined) refuse(`pairs of its nuisances (${names.join(", ")})`, other);
    if (moved.some((own) => pair.every((name) => own.includes(name)))) continue;
    refuse(`a sample in which both of ${pair.join(", ")} are off their nominal values`, "none");
  }
}

export const morphedRow = row(
  section(
    {
      density: density("Density at the nominal values. It depends on no parameter."),
      ...columnKeys,
      nuisances: map(number({ doc: "Its nominal value, at which the density is the nominal one.", ...END }), {
        doc: "What moves the density, by the names of parameters or functions.",
        of: "parameters or functions",
        namesReferTo: "values",
        maxLength: MAXIMA.nuisances,
      }),
      train: list(varied, {
        doc: "Samples that it is trained on, by maximum likelihood; each counts by the root of its effective number of events. One of the same file as the nominal sample, of other columns or another weight, holds variations of the same events.",
        minLength: 1,
        maxLength: MAXIMA.samples,
      }),
      nominal: text({
        doc: "Sample at the nominal values, whose events stand beside the varied ones, so that what is learned is the ratio of both. Absent: that on which the density is trained, where it is a flow; else there is none.",
        refersTo: "samples",
        optional: true,
      }),
      ...sampleKeys,
      ...morphKeys(1),
      pairs: list(
        list(text({ doc: "A nuisance.", refersTo: "values" }), {
          doc: "Two nuisances.",
          minLength: 2,
          maxLength: 2,
          unique: true,
        }),
        {
          doc: "Pairs of nuisances that have a term of their own. A pair needs a sample in which both are off nominal.",
          default: [],
          maxLength: MAXIMA.pairs,
        },
      ),
      ...combination,
      training: recipe("the morph", { optimiser: "adamw", epochs: 30, batch: 512, learningRate: 5e-3 }),
    },
    {
      doc: "What nuisances do to a density: a factorizable normalizing flow (FNF), the identity at their nominal values, trained by a step of its own. affine layers have less noise than splines where they can do what the samples show.",
    },
  ),
  "morphed",
  (written, where, columns) => {
    const { density: behind, of, given, nuisances, train, kind, bins, bound, layers, hidden, pairs } = written;
    checkVaried(where, nuisances, train, pairs);
    const names = Object.keys(nuisances);
    const anchors = train.map(({ at }) => ({ process: 0, at: pointOf(nuisances, at) }));
    const architecture = factorizableFlow({
      features: of.length,
      context: contextOf(given, columns),
      hidden,
      layers,
      nuisances: Object.values(nuisances).map((nominal, k) => ({
        nominal,
        linearOnly: isLinearOnly(anchors, k, nominal),
      })),
      pairs: pairs.map((pair) => pair.map((name) => names.indexOf(name)).sort((a, b) => a - b) as [number, number]),
      quadraticDamping: written.quadraticDamping,
      pairDamping: written.pairDamping,
      shiftFirst: written.shiftFirst,
      spline: kind === "spline" ? { kind, bins, bound } : undefined,
      standardisation: "both",
    });
    const morph = { architecture, weights: initialise(architecture, 0) };
    return {
      kind: "morphed",
      density: behind,
      of,
      ...(given.length > 0 && { given }),
      nuisances: names,
      morph,
    } as const;
  },
);
