/** How the kinds of function are written. */
import { parseExpression } from "../../../../inference/expressions/parse.js";
import type { FunctionForm } from "../../../../inference/model/functions/functions.js";
import { choice, list, map, number, section, text, variant } from "../../entries.js";
import { MAXIMA } from "../../limits.js";
import { normalisation } from "../made-of.js";
import { entriesOf, type Rows, row } from "./row.js";
import { column, namedValue } from "./values.js";

const values = (doc: string) => list(namedValue("Value."), { doc, minLength: 1, maxLength: MAXIMA.parameters });
const factor = (doc: string) => number({ doc, above: 0, max: MAXIMA.value });
const parameter = namedValue("Its unit is one standard deviation.");

export const functionRows = {
  product: row(values("Product."), "product", (factors) => ({ kind: "product", factors }) as const),
  sum: row(values("Sum."), "sum", (summands) => ({ kind: "sum", summands }) as const),
  "log-normal": row(
    section(
      { kappa: factor("Factor at +1 standard deviation: 1.05 for 5%."), parameter },
      { doc: "kappa to the power of the parameter." },
    ),
    "log_normal_rate",
    (written) => ({ kind: "log-normal", ...written }) as const,
  ),
  interpolation: row(
    section(
      {
        code: choice({
          doc: "HistFactory's: exponential is code 1; polynomial is code 4, a polynomial between -1 and 1 and exponential beyond.",
          choices: ["exponential", "polynomial"],
          default: "polynomial",
        }),
        low: factor("Factor at -1."),
        high: factor("Factor at +1."),
        parameter,
      },
      { doc: "1 at 0, `high` at 1 and `low` at -1." },
    ),
    "interpolation",
    ({ code, ...written }) => ({ kind: "interpolation", code: code === "exponential" ? 1 : 4, ...written }) as const,
  ),
  choice: row(
    section(
      { column: column("Column with `values`."), choices: values("Of each of its values, in their order.") },
      { doc: "One of several numbers, by the value of a column." },
    ),
    "choice",
    (written) => ({ kind: "choice", ...written }) as const,
  ),
  expression: row(
    text({ doc: "Expression of parameters, functions and columns: nsig * (1 + 0.02 * lumi)." }),
    "generic_function",
    async (written, where) => ({ kind: "expression", expression: await parseExpression(written, where) }) as const,
  ),
  network: null,
  classifier: null,
} satisfies Rows<FunctionForm>;

/** A number when the file is read: what the graph has of it is a product of that number alone. */
const sampleYield = section(
  { sample: text({ doc: "Sample of simulated events.", refersTo: "samples" }), ...normalisation },
  {
    doc: "Expected number of events by a sample of simulated events: the sum of the weights of those that its conditions and the ranges of columns leave; with a cross section, that times the luminosity times this sum over what was generated. A text alone is the name of the sample.",
    short: "sample",
  },
);

const written = variant({ ...entriesOf(functionRows), yield: sampleYield }, { doc: "One function, under its kind." });

export const functions = map(written, {
  doc: "Numbers that follow from parameters, by name.",
  of: "function names",
  maxLength: MAXIMA.parameters,
});
