/** How the kinds of density are written. */
import { parseExpression } from "../../../../inference/expressions/parse.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import type { Value } from "../../../../inference/model/language/environment.js";
import type { Interval, Region } from "../../../../inference/model/language/region.js";
import { list, map, number, section, text, value, variant } from "../../entries.js";
import { MAXIMA } from "../../limits.js";
import type { Problem } from "../../validation.js";
import { entriesOf, type Rows, row } from "./row.js";
import { flowRow, morphedRow } from "./trained-densities.js";
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

/** A polynomial of a column. */
const coefficients = (which: string, doc: string) =>
  section(
    {
      x: column("Column, whose range has two ends."),
      coefficients: list(namedValue("Coefficient."), { doc: which, minLength: 1, maxLength: MAXIMA.parameters }),
    },
    { doc },
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
  lognormal: row(
    section(
      {
        x: column("Column, whose range begins at 0 or above."),
        mu: namedValue("Mean of log x."),
        sigma: namedValue("Standard deviation of log x, above 0."),
      },
      { doc: "exp(-½ ((log x - mu) / sigma)²) / x, normalised over the range of x." },
    ),
    "lognormal_dist",
    (written) => ({ kind: "lognormal", ...written }) as const,
  ),
  "generalized-normal": row(
    section(
      {
        x: column("Column."),
        mean: namedValue("Mean, in units of x."),
        alpha: namedValue("Distance from the mean at which the density has fallen to 1/e, in units of x, above 0."),
        beta: namedValue("Above 0; 2 is normal, and larger is flatter."),
      },
      { doc: "exp(-(|x - mean| / alpha)^beta), normalised over the range of x." },
    ),
    "generalized_normal_dist",
    (written) => ({ kind: "generalized-normal", ...written }) as const,
  ),
  crystalball: row(
    section(
      {
        m: column("Column."),
        m0: namedValue("Peak, in units of m."),
        sigma_L: namedValue("Standard deviation on the left, in units of m, above 0."),
        sigma_R: namedValue("The same on the right."),
        alpha_L: namedValue("Where the tail on the left begins, in standard deviations, above 0."),
        alpha_R: namedValue("The same on the right."),
        n_L: namedValue("Power of the tail on the left; above 1 where the range has no low end."),
        n_R: namedValue("The same on the right, and the high end."),
      },
      {
        doc: "Crystal Ball with two tails: normal up to alpha standard deviations, beyond a power -n of the distance; normalised over the range of m.",
      },
    ),
    "crystalball_dist",
    (written) => ({ kind: "crystalball", ...written }) as const,
  ),
  "relativistic-breit-wigner": row(
    section(
      {
        x: column("Column, whose range begins at 0 or above."),
        mass: namedValue("Mass of the resonance, in units of x, above 0."),
        Gamma: namedValue("Its full width, the same at all x, in units of x, above 0."),
      },
      { doc: "x / ((x² - mass²)² + mass² Gamma²), normalised over the range of x." },
    ),
    "relativistic_breit_wigner_dist",
    (written) => ({ kind: "relativistic-breit-wigner", ...written }) as const,
  ),
  voigt: row(
    section(
      {
        x: column("Column."),
        mean: namedValue("Peak, in units of x."),
        width: namedValue("Full width of the resonance at half of its maximum, in units of x, 0 or above."),
        sigma: namedValue("Standard deviation of the resolution, in units of x, above 0."),
      },
      { doc: "Breit-Wigner (Cauchy) convolved with a normal density, normalised over the range of x." },
    ),
    "voigtian_dist",
    (written) => ({ kind: "voigt", ...written }) as const,
  ),
  argus: row(
    section(
      {
        mass: column("Column m, whose range has two ends and begins at 0 or above."),
        resonance: namedValue("Where the density ends, in units of m, above 0."),
        slope: namedValue("Below 0 where the density grows up to the fall at its end; dimensionless."),
        power: namedValue("Above -1; 0.5 in the density of the ARGUS collaboration."),
      },
      {
        doc: "m v^power exp(slope v) with v = 1 - (m / resonance)², 0 from the resonance on; normalised over the range of m.",
      },
    ),
    "argus_dist",
    (written) => ({ kind: "argus", ...written }) as const,
  ),
  "cms-shape": row(
    section(
      {
        x: column("Column, whose range has two ends."),
        alpha: namedValue("Threshold, in units of x."),
        beta: namedValue("Steepness of the threshold, per unit of x, above 0."),
        gamma: namedValue("Positive where the density falls, per unit of x."),
      },
      { doc: "RooCMSShape: erfc((alpha - x) beta) exp(-gamma x), normalised over the range of x." },
    ),
    "cms_shape_dist",
    (written) => ({ kind: "cms-shape", ...written }) as const,
  ),
  polynomial: row(
    coefficients("a_0, a_1, …", "a_0 + a_1 x + a_2 x² + …, normalised over the range of x: above 0 in it."),
    "polynomial_dist",
    (written) => ({ kind: "polynomial", ...written }) as const,
  ),
  chebychev: row(
    coefficients(
      "a_1, a_2, …",
      "1 + a_1 T_1 + a_2 T_2 + …, Chebychev's polynomials from -1 to 1 over the range of x, where it is above 0; normalised over it.",
    ),
    "chebychev_dist",
    (written) => ({ kind: "chebychev", ...written }) as const,
  ),
  bernstein: row(
    coefficients(
      "c_0, c_1, …: their number is the degree and 1 more; with all of them above 0 the density is.",
      "Sum of coefficients times Bernstein's polynomials from 0 to 1 over the range of x; normalised over it.",
    ),
    "bernstein_poly_dist",
    (written) => ({ kind: "bernstein", ...written }) as const,
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
  bernoulli: row(
    section(
      {
        x: column("Column with two `values`."),
        p: optionalValue("Probability of the second value, from 0 to 1."),
        logit: optionalValue("In place of p: log(p / (1 - p)), any number, which fits find more easily."),
      },
      { doc: "Which of two values the column has: passed or failed." },
    ),
    "bernoulli_dist",
    ({ x, p, logit }) =>
      ({ kind: "bernoulli", x, ...(p !== undefined && { p }), ...(logit !== undefined && { logit }) }) as const,
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
  conditional: row(
    section(
      {
        density: density(
          "Density of all columns: a product, or a sum of products of the same columns, also in a region.",
        ),
        given: list(column("Column of the density."), {
          doc: "Columns that are given: what the density says of them alone does not count.",
          minLength: 1,
          maxLength: MAXIMA.features,
          unique: true,
        }),
      },
      { doc: "Density of the other columns at given values of these: p(y | x) = p(x, y) / p(x)." },
    ),
    "conditional_dist",
    (written) => ({ kind: "conditional", ...written }) as const,
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
  flow: flowRow,
  morphed: morphedRow,
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
