import { type Columns, problemOf, readTable } from "../../io/columns.js";
import { isReadInPieces } from "../../io/events/formats.js";
import { type NamedArray, writeNpz } from "../../io/index.js";
import { writeParquetPieces } from "../../io/parquet/write.js";
import { runFolders } from "../../workflow/configuration/analysis.js";
import { UsageError } from "../../workflow/errors.js";
import { type EventBlock, type EventBlocks, openBlocks, rowsOfColumns } from "../../workflow/events/event-blocks.js";
import { dataFile, loadEvents } from "../../workflow/events/event-data.js";
import type { LoadedEvents } from "../../workflow/events/loaded-events.js";
import { verdictsAt } from "../../workflow/likelihood/event-checks.js";
import { NonFinite } from "../../workflow/likelihood/non-finite-events.js";
import { BlockDensities, LOG_PROB } from "../../workflow/recipes/block-densities.js";
import { type ChosenPoint, chosenPoint, fitInFolders, pointText } from "../../workflow/recipes/chosen-point.js";
import { type LoadEvents, noteSelection, type OpenedModel } from "../../workflow/recipes/open-likelihood.js";
import { provenanceOf } from "../../workflow/recipes/provenance.js";
import { checkOutputFile } from "../../workflow/store/output-folder.js";
import { requirePassed, type Verdicts } from "../../workflow/verdicts.js";
import { likelihoodOf } from "../command/likelihood.js";
import { givenPoint } from "../command/point.js";
import type { VerbContext } from "../command/verb.js";

/** Events between two reports of progress. */
const CHUNK = 2 ** 18;

/** What is evaluated, and where it is written. */
interface Task {
  readonly open: OpenedModel;
  readonly chosen: ChosenPoint;
  readonly out: string;
}

/** What was found, once it is written. */
interface Evaluated {
  readonly count: number;
  readonly sum: number;
  readonly verdicts: () => Promise<Verdicts>;
}

/** Writes the log-density of every event at a point ν to an npz file, or with the columns of the events to a Parquet file. */
export async function evaluate(context: VerbContext): Promise<void> {
  const { out, nu: given, run } = context.options;
  if (out === undefined || !/\.(?:npz|parquet)$/.test(out)) {
    throw new UsageError("unbinned evaluate", {
      expected: "--out FILE.npz or FILE.parquet for the log-densities",
      got: out === undefined ? "no --out" : `--out ${out}`,
    });
  }
  checkOutputFile(out);
  let blocks: EventBlocks | undefined;
  let first: EventBlock | undefined;
  const load: LoadEvents = async (analysis, folders, head, model) => {
    const file = dataFile(analysis, folders);
    if (!out.endsWith(".parquet") || !isReadInPieces(file)) return loadEvents(analysis, folders, head);
    blocks = await openBlocks(analysis, file, head, model);
    checkNoClash(file, blocks.names);
    warnOfUnread(context, file, out, blocks.unread);
    first = (await blocks.blocks.next()).value as EventBlock;
    return first.events;
  };
  let open: OpenedModel | undefined;
  try {
    open = await likelihoodOf(context, "f64", false, { load });
    const { analysis, likelihood } = open;
    const chosen = chosenPoint(
      analysis,
      givenPoint(analysis, given),
      await fitInFolders(analysis, runFolders(analysis, run)),
    );
    const { nu, nuFrom } = chosen;
    const task = { open, chosen, out };
    const { count, sum, verdicts } =
      blocks === undefined ? await evaluateWhole(context, task) : await evaluateBlocks(context, task, blocks, first!);
    context.print(
      `${LOG_PROB} of ${count} events at ${pointText(analysis, chosen)} is in ${out}; its sum is ${sum.toFixed(3)}`,
    );
    const { all } = await verdicts();
    context.printJson({ names: likelihood.names, nu, nuFrom, events: count, sum, verdicts: all, file: out });
    requirePassed("evaluate", all);
  } finally {
    await open?.close();
    await blocks?.close();
  }
}

/** Block by block: what is written is not kept. */
async function evaluateBlocks(
  context: VerbContext,
  { open, chosen, out }: Task,
  blocks: EventBlocks,
  first: EventBlock,
): Promise<Evaluated> {
  const found = new BlockDensities(open, blocks, first, chosen.nu);
  const columns = found.columns(context);
  await writeParquetPieces(out, columns, provenanceOf(open.analysis, chosen, open.belongings));
  return { count: found.count, sum: found.sum, verdicts: () => found.verdicts(context) };
}

async function evaluateWhole(context: VerbContext, { open, chosen, out }: Task): Promise<Evaluated> {
  const { likelihood, events } = open;
  const { nu } = chosen;
  noteSelection(context.progress, events);
  const { count } = events.data;
  const others = out.endsWith(".parquet") ? await columnsBeside(context, events, out) : new Map();
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
  const found = { shape: [count], data: logProb };
  if (out.endsWith(".npz")) await writeNpz(out, arraysOf(events, found, nu));
  else {
    const columns = new Map([...others, [LOG_PROB, found]]);
    await writeParquetPieces(out, [columns], provenanceOf(open.analysis, chosen, open.belongings));
  }
  return {
    count,
    sum: logProb.reduce((total, value) => total + value, 0),
    verdicts: () =>
      verdictsAt(open, nu, context, nonFinite.count > 0 ? nonFinite.verdict(open.analysis, events) : undefined),
  };
}

function arraysOf({ rows }: LoadedEvents, logProb: NamedArray, nu: readonly number[]): Map<string, NamedArray> {
  return new Map<string, NamedArray>([
    [LOG_PROB, logProb],
    // Of the file, where events are left out.
    ...(rows === undefined ? [] : [["row", { shape: [rows.length], data: Float64Array.from(rows) }] as const]),
    ["nu", { shape: [nu.length], data: Float64Array.from(nu) }],
  ]);
}

/** The columns of the file of these events, as it has them. */
async function columnsBeside(context: VerbContext, events: LoadedEvents, out: string): Promise<Columns> {
  const { file, total, data } = events;
  const { columns, unread } = await readTable(file);
  checkNoClash(file, [...columns.keys()]);
  const left = [...columns].filter(([, column]) => problemOf(out, column, total) !== undefined).map(([name]) => name);
  warnOfUnread(context, file, out, [...unread.keys(), ...left]);
  const kept = new Map([...columns].filter(([name]) => !left.includes(name)));
  const head = data.count === total ? undefined : Int32Array.from({ length: data.count }, (_, i) => i);
  return rowsOfColumns(kept, events.rows ?? head);
}

/** Refuses, before any work, events of which one column would take the place of another. */
function checkNoClash(file: string, names: readonly string[]): void {
  if (!names.includes(LOG_PROB)) return;
  throw new UsageError(file, {
    expected: `no column "${LOG_PROB}", which evaluate adds`,
    got: "one",
    hint: `Rename it where the file is made, as pyarrow's Table.rename_columns does, or write .npz, which has no columns of the file`,
  });
}

function warnOfUnread({ warn }: VerbContext, file: string, out: string, names: readonly string[]): void {
  if (names.length === 0) return;
  warn(
    `${file}: ${names.join(", ")}: not columns of one number, word or fixed array for each event, so not written to ${out}`,
  );
}
