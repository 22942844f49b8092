/** What the likelihood looks at. */
import { CACHE_BYTES } from "../../../inference/model/likelihood/likelihood.js";
import { choice, flag, list, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";

export const likelihood = section(
  {
    observables: list(choice({ doc: "Observable.", choices: ["x", "y"] }), {
      doc: "What the likelihood looks at: [x] or [x, y].",
      default: ["x", "y"],
      minLength: 1,
      unique: true,
    }),
    form: choice({
      doc: "joint: p(x, y | nu). conditional: p(y | x, nu), the mixture fractions following from p(x).",
      choices: ["joint", "conditional"],
      default: "joint",
    }),
    extended: flag({ doc: "With the Poisson term of the number of events.", default: true }),
    cache: number({
      doc: "Memory for numbers of the events that are the same at every nu. With less, they are computed again and again.",
      unit: "MiB",
      min: 0,
      max: MAXIMA.cache,
      default: CACHE_BYTES / 2 ** 20,
    }),
  },
  { doc: "The likelihood." },
);
