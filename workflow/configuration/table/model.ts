/** A finished model in place of training. */
import { choice, number, section, text } from "../entries.js";
import { source } from "./source.js";

export const model = section(
  {
    file: text({
      doc: "A finished model, in place of training: a PyTorch file mixture_*.pt, relative to this file.",
      optional: true,
    }),
    activation: choice({
      doc: "Activation function of its densities and of the transport map T, which the file does not hold. relu: as published, and the default of zuko.",
      choices: ["relu", "elu", "silu", "tanh"],
      default: "relu",
    }),
    leastSlope: number({
      doc: "Least slope of their splines, which the file does not hold. 0.001: as published, and in zuko up to 1.0.0 and since 1.5.0. 0.0001: in zuko 1.0.1 to 1.4.1.",
      default: 0.001,
      above: 0,
      max: 0.5,
    }),
    source,
  },
  { doc: "A model from a file." },
);
