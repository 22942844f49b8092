/** What the likelihood looks at. */
import { CACHE_BYTES } from "../../../inference/model/likelihood/likelihood.js";
import { choice, flag, list, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";

export const likelihood = section(
  {
    observables: list(choice({ doc: "Observable.", choices: ["x", "y"] }), {
      doc: "Observables of the likelihood: [x] or [x, y].",
      default: ["x", "y"],
      minLength: 1,
      unique: true,
    }),
    form: choice({
      doc: "joint: p(x, y | nu). conditional: p(y | x, nu), with the fractions of the processes that follow from p(x).",
      choices: ["joint", "conditional"],
      default: "joint",
    }),
    extended: flag({ doc: "With the Poisson term for the number of events.", default: true }),
    cache: number({
      doc: "Memory for numbers of the events that do not depend on nu. With less memory, they are computed again at every nu.",
      unit: "MiB",
      min: 0,
      max: MAXIMA.cache,
      default: CACHE_BYTES / 2 ** 20,
    }),
  },
  { doc: "The likelihood." },
);
