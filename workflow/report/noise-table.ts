/** How much of what the densities say of nuisances is the fluctuation of their samples, as a table. */

import type { RunContext } from "../context.js";
import type { EffectNoise } from "../effect-noise.js";
import type { ReportTable } from "./html.js";

export function noiseTables({ analysis }: Pick<RunContext, "analysis">, rows: readonly EffectNoise[]): ReportTable[] {
  if (rows.length === 0) return [];
  const { nuisances } = analysis.configuration;
  return [
    {
      caption:
        "Information on nuisances per event of a process, in prior standard deviations to the power of −2; the part of it that samples " +
        "without an effect would give on average; and how many times as many simulated events make that less than a tenth of the rest. Errors are quoted without the noise, as far as the processes can be told apart. " +
        "Nuisances that need more than scales, shifts and a spline of each feature are not listed",
      columns: ["nuisance", "density", "process", "information", "noise", "events"],
      rows: rows.map(({ of, nuisance, process, information, noise, moreEvents }) => [
        nuisances[nuisance]!.label ?? nuisance,
        of === "x" ? "p(x)" : "p(y | x)",
        process,
        information.toExponential(1),
        noise.toExponential(1),
        moreEvents === null ? "—" : moreEvents <= 1 ? "enough" : `${moreEvents.toPrecision(2)} ×`,
      ]),
    },
  ];
}
