import { join } from "node:path";
import { writeAtomic } from "../../io/index.js";
import { runFolders } from "../../workflow/configuration/analysis.js";
import { degeneracyText, labelText } from "../../workflow/likelihood/covariance-summary.js";
import { requireFiniteDensities, verdictsAt } from "../../workflow/likelihood/event-checks.js";
import { type HessianResult, hessianResult } from "../../workflow/likelihood/hessian-result.js";
import { chosenPoint, fitInFolders, pointText } from "../../workflow/recipes/chosen-point.js";
import { createOutputFolder } from "../../workflow/store/output-folder.js";
import { textTable } from "../../workflow/text-table.js";
import { requirePassed } from "../../workflow/verdicts.js";
import { likelihoodOf } from "../command/likelihood.js";
import { givenPoint } from "../command/point.js";
import type { VerbContext } from "../command/verb.js";

/** The likelihood, its gradient and Hessian at a point ν, and what follows from them. */
export async function hessian(context: VerbContext): Promise<void> {
  const { out, nu, run } = context.options;
  if (out !== undefined) createOutputFolder(out);
  const open = await likelihoodOf(context, "f64", true);
  try {
    const { analysis } = open;
    const fit = await fitInFolders(analysis, runFolders(analysis, run, out));
    const chosen = chosenPoint(analysis, givenPoint(analysis, nu), fit);
    const { nu: point, nuFrom } = chosen;
    await requireFiniteDensities(open, point, context.signal);
    const found = await hessianResult(open, point, context.progress);
    const { all: verdicts } = await verdictsAt(open, point, context);
    const result = { ...found, nuFrom, verdicts };
    if (out !== undefined) {
      await writeAtomic(join(out, "hessian.json"), [`${JSON.stringify(result, undefined, 2)}\n`]);
    }
    for (const summary of [result, ...(result.fixedTransport === null ? [] : [result.fixedTransport])]) {
      if (summary.problem !== null) context.warn(summary.problem);
      const doubt = summary.crossCheck?.doubt;
      if (doubt) context.warn(`${labelText(summary)}: ${doubt}`);
      const degeneracy = degeneracyText(result.names, summary);
      if (degeneracy) context.warn(`${labelText(summary)}: ${degeneracy}`);
    }
    context.print(`at ${pointText(analysis, chosen)}`);
    context.print(describe(result));
    context.printJson(result);
    requirePassed("hessian", verdicts);
  } finally {
    await open.close();
  }
}

function describe(result: HessianResult): string {
  const { names, nu, data, total, sigma, fixedTransport, modes } = result;
  const rows = names.map((name, k) => [
    name,
    nu[k]!.toFixed(4),
    total.gradient[k]!.toPrecision(6),
    sigma === null ? "none" : sigma[k]!.toFixed(5),
    ...(fixedTransport === null ? [] : [fixedTransport.sigma === null ? "none" : fixedTransport.sigma[k]!.toFixed(5)]),
  ]);
  const header = [
    "nuisance",
    "nu",
    "gradient",
    `sigma (${labelText(result)})`,
    ...(fixedTransport === null ? [] : [`sigma (${labelText(fixedTransport)})`]),
  ];
  const isWeighted = result.effectiveEvents !== result.events;
  const effective = isWeighted ? ` (effective ${result.effectiveEvents.toPrecision(6)})` : "";
  return [
    `${result.events} events${effective}, -ln L: data ${data.nll.toFixed(3)}, total ${total.nll.toFixed(3)}`,
    textTable([header, ...rows]),
    ...modes.map(({ sigma: width, direction }, k) => {
      const along = direction.map((value, i) => `${value.toFixed(3)} ${names[i]}`).join(", ");
      return `mode ${k + 1}: sigma ${width.toPrecision(4)} along (${along})`;
    }),
  ].join("\n");
}
