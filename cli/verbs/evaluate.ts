import { writeTable } from "../../io/columns.js";
import { type NamedArray, writeNpz } from "../../io/index.js";
import { runFolders } from "../../workflow/configuration/analysis.js";
import { UsageError } from "../../workflow/errors.js";
import { verdictsAt } from "../../workflow/likelihood/event-checks.js";
import { NonFinite } from "../../workflow/likelihood/non-finite-events.js";
import { chosenPoint, fitInFolders, pointText } from "../../workflow/recipes/chosen-point.js";
import { checkOutputFile } from "../../workflow/store/output-folder.js";
import { requirePassed } from "../../workflow/verdicts.js";
import { likelihoodOf } from "../command/likelihood.js";
import { givenPoint } from "../command/point.js";
import type { VerbContext } from "../command/verb.js";

/** Events between two reports of progress. */
const CHUNK = 2 ** 18;

/** Writes the log-density of every event at a point ν to an npz or a Parquet file. */
export async function evaluate(context: VerbContext): Promise<void> {
  const { out, nu: point, run } = context.options;
  if (out === undefined || !/\.(?:npz|parquet)$/.test(out)) {
    throw new UsageError("unbinned evaluate", {
      expected: "--out FILE.npz or FILE.parquet for the log-densities",
      got: out === undefined ? "no --out" : `--out ${out}`,
    });
  }
  checkOutputFile(out);
  const open = await likelihoodOf(context, "f64", false);
  const { likelihood, analysis } = open;
  try {
    const folders = runFolders(analysis, run);
    const chosen = chosenPoint(analysis, givenPoint(analysis, point), await fitInFolders(analysis, folders));
    const { nu, nuFrom } = chosen;
    const { data, rows } = open.events;
    const { count } = data;
    const logProb = new Float64Array(count);
    const nonFinite = new NonFinite();
    const counter = context.progress.begin("evaluate", count, "events");
    for (let start = 0; start < count; start += CHUNK) {
      const stop = Math.min(count, start + CHUNK);
      const found = await likelihood.logProb(nu, [start, stop]);
      nonFinite.add(found, start);
      logProb.set(found, start);
      counter.update(stop);
    }
    counter.done();
    const columns: [string, NamedArray][] = [["log_prob", { shape: [count], data: logProb }]];
    // Of the file, where events are left out.
    if (rows !== undefined) columns.push(["row", { shape: [count], data: Float64Array.from(rows) }]);
    await writeColumns(out, columns, likelihood.names, nu);
    const sum = logProb.reduce((total, value) => total + value, 0);
    context.print(
      `log_prob of ${count} events at ${pointText(analysis, chosen)} is in ${out}; its sum is ${sum.toFixed(3)}`,
    );
    const { all: verdicts } = await verdictsAt(open, nu, context, nonFinite);
    context.printJson({ names: likelihood.names, nu, nuFrom, events: count, sum, verdicts, file: out });
    requirePassed("evaluate", verdicts);
  } finally {
    await open.close();
  }
}

/** ν is a number for the whole file: an array of an npz file, a text of a Parquet file. */
async function writeColumns(
  out: string,
  columns: readonly [string, NamedArray][],
  names: readonly string[],
  nu: readonly number[],
): Promise<void> {
  if (out.endsWith(".npz")) {
    await writeNpz(out, new Map([...columns, ["nu", { shape: [nu.length], data: Float64Array.from(nu) }]]));
  } else {
    const point = Object.fromEntries(names.map((name, i) => [name, nu[i]!]));
    await writeTable(out, new Map(columns), { "unbinned.nu": JSON.stringify(point) });
  }
}
