import { writeNpz } from "../../io/index.js";
import { UsageError } from "../messages.js";
import { openLikelihood, pointOf } from "../open-likelihood.js";
import { checkOutputFile } from "../output-folder.js";
import type { VerbContext } from "../verb.js";

/** Events between two reports of progress. */
const CHUNK = 2 ** 18;

/** Writes the log-density of every event at a point ν to an npz file. */
export async function evaluate(context: VerbContext): Promise<void> {
  const { out, nu: point } = context.options;
  if (out === undefined || !out.endsWith(".npz")) {
    throw new UsageError("unbinned evaluate", {
      expected: "--out FILE.npz for the log-densities",
      got: out === undefined ? "no --out" : `--out ${out}`,
    });
  }
  checkOutputFile(out);
  const open = await openLikelihood(context, "f64", false);
  const { likelihood, analysis } = open;
  try {
    const nu = pointOf(analysis, point);
    const { count } = open.events.data;
    const logProb = new Float64Array(count);
    const step = context.progress.step("evaluate", count, "events");
    for (let start = 0; start < count; start += CHUNK) {
      const stop = Math.min(count, start + CHUNK);
      logProb.set(await likelihood.logProb(nu, [start, stop]), start);
      step.update(stop);
    }
    step.done();
    await writeNpz(out, {
      log_prob: { shape: [count], data: logProb },
      nu: { shape: [nu.length], data: Float64Array.from(nu) },
    });
    const sum = logProb.reduce((total, value) => total + value, 0);
    context.print(`log_prob of ${count} events, sum ${sum}: ${out}`);
    context.printJson({ names: likelihood.names, nu, events: count, sum, file: out });
  } finally {
    await open.close();
  }
}
