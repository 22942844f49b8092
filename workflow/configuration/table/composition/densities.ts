/** How the kinds of density are written. */
import { initialise } from "../../../../flows/architecture/architecture.js";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import type { Value } from "../../../../inference/model/language/environment.js";
import type { Interval, Region } from "../../../../inference/model/language/region.js";
import { UsageError } from "../../../errors.js";
import { flowArchitecture } from "../../architectures.js";
import { list, map, number, section, text, value, variant } from "../../entries.js";
import { MAXIMA } from "../../limits.js";
import type { Problem } from "../../validation.js";
import { flowKeys } from "../flows.js";
import { recipe } from "../training.js";
import { entriesOf, type Rows, row } from "./row.js";
import { column, density, namedValue, region } from "./values.js";

/** Of a mixture: what fractions leave of 1. */
const REST = "rest";

/** Lists of two as the intervals that they are; a value alone is one without width. */
export const regionOf = (written: Readonly<Record<string, readonly (readonly number[])[]>>): Region =>
  Object.fromEntries(
    Object.entries(written).map(([name, intervals]) => [
      name,
      intervals.map(([low, high = low]) => [low, high] as Interval),
    ]),
  );

const optionalValue = (doc: string) => ({ ...namedValue(doc), optional: true }) as const;

/** Maps without the keys that the file does not have. */
const withoutAbsent = (
  affine: Readonly<Record<string, { readonly shift: Value | undefined; readonly scale: Value | undefined }>>,
) =>
  Object.fromEntries(
    Object.entries(affine).map(([name, { shift, scale }]) => [
      name,
      { ...(shift !== undefined && { shift }), ...(scale !== undefined && { scale }) },
    ]),
  );

export const densityRows = {
  gaussian: row(
    section(
      {
        x: column("Column."),
        mean: namedValue("Mean, in units of x."),
        sigma: namedValue("Standard deviation, in units of x, above 0."),
      },
      { doc: "exp(-½ ((x - mean) / sigma)²), normalised over the range of x." },
    ),
    "gaussian_dist",
    (written) => ({ kind: "gaussian", ...written }) as const,
  ),
  exponential: row(
    section(
      { x: column("Column."), c: namedValue("Positive where the density falls, per unit of x.") },
      { doc: "exp(-c x), normalised over the range of x." },
    ),
    "exponential_dist",
    (written) => ({ kind: "exponential", ...written }) as const,
  ),
  johnson: row(
    section(
      {
        x: column("Column."),
        mu: namedValue("Where x has z = gamma, in units of x."),
        lambda: namedValue("Width, in units of x, above 0."),
        gamma: namedValue("Below 0 where the tail above is the longer one."),
        delta: namedValue("Above 0; the smaller, the longer both tails."),
      },
      {
        doc: "Johnson's S_U: z = gamma + delta asinh((x - mu) / lambda) is standard normal; normalised over the range of x.",
      },
    ),
    "johnson_dist",
    (written) => ({ kind: "johnson", ...written }) as const,
  ),
  uniform: row(
    section({ x: column("Column.") }, { doc: "The same everywhere in the range of x.", short: "x" }),
    "uniform_dist",
    (written) => ({ kind: "uniform", ...written }) as const,
  ),
  generic: row(
    section(
      {
        x: column("Column, whose range has two ends."),
        expression: text({
          doc: "Expression of the column, parameters and functions, above 0 in the range: exp(-slope * m) + 0.1.",
        }),
      },
      { doc: "An expression, normalised over the range of x by quadrature." },
    ),
    "generic_dist",
    async ({ x, expression }, where) =>
      ({ kind: "generic", x, expression: await parseExpression(expression, where) }) as const,
  ),
  mixture: row(
    map(
      value({
        doc: "A number, or the name of a parameter or function; `rest`, of the last density, is what fractions leave of 1.",
        refersTo: "values",
        words: [REST],
      }),
      {
        doc: "Sum of densities of the same columns, each with its number of events or its fraction.",
        of: "densities",
        namesReferTo: "densities",
        maxLength: MAXIMA.processes,
      },
    ),
    "mixture_dist",
    (written) =>
      ({
        kind: "mixture",
        summands: Object.keys(written),
        coefficients: Object.values(written).filter((own) => own !== REST),
      }) as const,
  ),
  product: row(
    list(density("Factor."), {
      doc: "Product of densities of different columns; one may be conditional on columns of another.",
      minLength: 1,
      maxLength: MAXIMA.features,
      unique: true,
    }),
    "product_dist",
    (factors) => ({ kind: "product", factors }) as const,
  ),
  truncated: row(
    section(
      {
        density: density("Density that is truncated."),
        region: region("Where it is kept, by column: a union of intervals, such as sidebands."),
      },
      { doc: "A density in a part of the range alone, where it is normalised to 1." },
    ),
    "truncated_dist",
    (written) => ({ kind: "truncated", density: written.density, region: regionOf(written.region) }) as const,
  ),
  ensemble: row(
    section(
      {
        members: list(density("Member."), {
          doc: "Densities of the same columns.",
          minLength: 1,
          maxLength: MAXIMA.replicas,
        }),
        weights: list(number({ doc: "Weight.", above: 0, max: MAXIMA.value }), {
          doc: "How much each member counts. Absent: all alike.",
          optional: true,
        }),
      },
      { doc: "Average of densities.", short: "members" },
    ),
    "ensemble_dist",
    ({ members, weights }) => ({ kind: "ensemble", members, ...(weights && { weights }) }) as const,
  ),
  transported: row(
    section(
      {
        density: density("Density before the map."),
        affine: map(
          section(
            { shift: optionalValue("Absent: 0."), scale: optionalValue("Above 0. Absent: 1.") },
            { doc: "x is the x of the density times scale, plus shift." },
          ),
          {
            doc: "Map of each column that is moved.",
            of: "columns",
            namesReferTo: "columns",
            maxLength: MAXIMA.features,
          },
        ),
      },
      { doc: "A density whose columns are shifted and scaled, as by a calibration." },
    ),
    "transported_dist",
    ({ density: own, affine }) => ({ kind: "transported", density: own, affine: withoutAbsent(affine) }) as const,
  ),
  categories: row(
    section(
      {
        density: density("Density that is conditional on the column."),
        over: column("Column with `values`."),
        coefficients: list(namedValue("Coefficient."), {
          doc: "Of each of its values the number of events, or any number in proportion.",
          minLength: 1,
          maxLength: MAXIMA.processes,
        }),
      },
      { doc: "Sum of one density over the values of a column." },
    ),
    "categories_dist",
    (written) => ({ kind: "categories", ...written }) as const,
  ),
  flow: row(
    section(
      {
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
        train: text({ doc: "Sample that it is trained on, by maximum likelihood.", refersTo: "samples" }),
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
      const context = given.reduce((sum, name) => sum + (columns[name]?.values?.length ?? 1), 0);
      const architecture = flowArchitecture(written, { features: of.length, context });
      // Untrained: the step of its training has its weights.
      const flow = { architecture, weights: initialise(architecture, 0, { identity: true }) };
      return { kind: "flow", of, ...(given.length > 0 && { given }), flow } as const;
    },
  ),
  morphed: null,
} satisfies Rows<DensityForm>;

export const densities = map(variant(entriesOf(densityRows), { doc: "One density, under its kind." }), {
  doc: "Densities, by name.",
  of: "density names",
  maxLength: MAXIMA.densities,
});

/** What is wrong with `rest` where it has no meaning: not last, twice, or of no fractions. */
export function restProblem(
  written: Readonly<Record<string, number | string>>,
): Pick<Problem, "expected" | "got" | "hint"> | undefined {
  const values = Object.values(written);
  if (values.slice(0, -1).includes(REST)) return { expected: "`rest` once, of the last density", got: "it before" };
  if (values.length !== 1 || values[0] !== REST) return undefined;
  return {
    expected: "a fraction of another density before `rest`",
    got: "`rest` alone",
    hint: `Use the density ${Object.keys(written)[0]} itself, or give its number of events`,
  };
}
