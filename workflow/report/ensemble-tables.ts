/** The tables of the ensemble in the report. */
import { measurement, significant } from "../../inference/plots/index.js";
import type { Outcome } from "../recipes/outcome.js";
import { ensembleResults } from "./ensemble-results.js";
import type { ReportTable } from "./html.js";

/** @param names  of the nuisances, as tables show them */
export function ensembleTables(outcome: Pick<Outcome, "fitted" | "best">, names: readonly string[]): ReportTable[] {
  const found = ensembleResults(outcome);
  if (found === null) return [];
  const { replicas, spread, average } = found;
  const value = (of: readonly number[] | null | undefined, k: number) => (of ? significant(of[k]!, 4) : undefined);
  const tables: ReportTable[] = [
    {
      caption:
        "Replicas: estimates from its weighted events with T fixed and with x alone, and from its likelihood in the average",
      columns: ["replica", ...names.flatMap((name) => [name, `${name}, x alone`, `${name}, in the average`])],
      rows: replicas.map(({ index, nu, xAlone, likelihood }) => [
        `${index}`,
        ...names.flatMap((_, k) => [
          value(nu, k),
          value(xAlone, k),
          likelihood?.sigma ? measurement(likelihood.estimate[k]!, likelihood.sigma[k]!) : undefined,
        ]),
      ]),
    },
  ];
  if (spread !== null) {
    tables.push({
      caption: "Spread of the replicas beside the error of the fit",
      columns: ["nuisance", "mean", "standard deviation", "in σ of the fit", "p-value"],
      rows: names.map((name, k) => [
        name,
        significant(spread.mean[k]!, 4),
        significant(spread.spread[k]!, 3),
        significant(spread.spread[k]! / outcome.best.summary.sigma![k]!, 3),
        significant(spread.pValues[k]!, 2),
      ]),
    });
  }
  if (average !== null) {
    const kinds = [["exact", average.exact] as const, ["quadratic", average.quadratic] as const];
    tables.push({
      caption:
        "Average of the likelihoods of the replicas: error from the mean curvature (within) and error of the average",
      columns: ["weights", "effective replicas", ...names.flatMap((name) => [`σ ${name}, within`, `σ ${name}`])],
      rows: kinds.flatMap(([kind, own]) =>
        own === null
          ? []
          : [
              [
                kind,
                significant(own.effectiveMembers, 3),
                ...names.flatMap((_, k) => [value(own.sigmaWithin, k), value(own.sigma, k)]),
              ],
            ],
      ),
    });
  }
  return tables;
}
