/** How densities and functions are written in HS³: a row a kind, or the reason why there is none. */
import { expressionText } from "../../expressions/text.js";
import type { CheckedComposition } from "../composition/composition.js";
import type { DensityForm } from "../densities/densities.js";
import type { FunctionForm } from "../functions/functions.js";

/** An object of HS³ without its name. */
export type Written = { readonly type: string } & Readonly<Record<string, unknown>>;

/** What a kind is in HS³, or a text: why it has no form there. */
type Rows<F extends { readonly kind: string }> = {
  readonly [K in F["kind"]]:
    | string
    | ((form: Extract<F, { kind: K }>, name: string, composition: CheckedComposition) => Written);
};

/** The same keys under the type of HS³. */
const as =
  (type: string) =>
  ({ kind: _, ...fields }: { readonly kind: string }): Written => ({ type, ...fields });

const TRAINED = "it is trained, and HS³ has formulas alone";
const NO_WORD = "HS³ has no word for it";

export const writtenDensities: Rows<DensityForm> = {
  gaussian: as("gaussian_dist"),
  exponential: as("exponential_dist"),
  johnson: as("johnson_dist"),
  lognormal: as("lognormal_dist"),
  "generalized-normal": as("gennormal_dist"),
  crystalball: as("crystalball_dist"),
  "relativistic-breit-wigner": ({ x, mass, Gamma }) => ({
    type: "relativistic_breit_wigner_dist",
    x,
    mass,
    channels: [{ Gamma }],
  }),
  voigt: as("voigtian_dist"),
  argus: as("argus_dist"),
  "cms-shape": as("cms_shape_dist"),
  polynomial: as("polynomial_dist"),
  chebychev: as("chebychev_dist"),
  bernstein: as("bernstein_poly_dist"),
  uniform: as("uniform_dist"),
  generic({ x, expression }, name, composition) {
    const isOne = composition.shape(name).given.length === 0;
    return { type: "generic_dist", expression: expressionText(expression), ...(!isOne && { x }) };
  },
  mixture: ({ summands, coefficients }) => ({ type: "mixture_dist", summands, coefficients }),
  product({ factors }, _, composition) {
    const conditional = factors.filter((own) => composition.shape(own).given.length > 0);
    const normalization = conditional.map((own) => ({ factors: [own], over: composition.shape(own).of }));
    return { type: "product_dist", factors, ...(normalization.length > 0 && { normalization }) };
  },
  bernoulli: NO_WORD,
  categories: NO_WORD,
  conditional: NO_WORD,
  truncated: `${NO_WORD}: give the column the range instead, if it is one interval`,
  ensemble: NO_WORD,
  flow: TRAINED,
  morphed: TRAINED,
  transported: NO_WORD,
};

export const writtenFunctions: Rows<FunctionForm> = {
  product: ({ factors }) => ({ type: "product", factors }),
  sum: ({ summands }) => ({ type: "sum", summands }),
  expression: ({ expression }) => ({ type: "generic_function", expression: expressionText(expression) }),
  "log-normal": ({ kappa, parameter }) => ({
    type: "generic_function",
    expression: expressionText({
      kind: "call",
      function: "exp",
      operands: [
        {
          kind: "operator",
          operator: "*",
          operands: [
            typeof parameter === "number"
              ? { kind: "number", value: parameter }
              : { kind: "name", name: parameter, at: 1 },
            { kind: "number", value: Math.log(kappa) },
          ],
        },
      ],
    }),
  }),
  // RooFit's, as HS³ itself has none.
  interpolation: ({ code, low, high, parameter }) => ({
    type: "interpolation0d",
    vars: [parameter],
    nom: 1,
    low: [low],
    high: [high],
    interpolationCodes: [code],
  }),
  choice: "HS³ has no functions of categorical columns",
  network: TRAINED,
  classifier: TRAINED,
};
