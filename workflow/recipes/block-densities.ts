/** Log-densities of events that are read block after block, and what there is to say of them. */
import type { Columns } from "../../io/columns.js";
import { selectionTexts } from "../events/cut-flow.js";
import type { EventBlock, EventBlocks } from "../events/event-blocks.js";
import { checkTotalWeight } from "../events/event-data.js";
import { leftOutOf } from "../events/row-blocks.js";
import { SampledEvents } from "../events/sampled-events.js";
import { verdictsAt } from "../likelihood/event-checks.js";
import { NonFiniteInBlocks } from "../likelihood/non-finite-events.js";
import type { Reporter } from "../reporter.js";
import type { Verdicts } from "../verdicts.js";
import type { OpenedModel } from "./open-likelihood.js";

/** What `evaluate` calls its column. */
export const LOG_PROB = "log_prob";

export class BlockDensities {
  /** Events so far, and the sum of their log-densities. */
  count = 0;
  sum = 0;
  private total = 0;
  private isWeighted = false;
  private readonly nonFinite: NonFiniteInBlocks;
  private readonly sampled: SampledEvents;

  /**
   * @param open   a likelihood of the first of the blocks
   * @param first  that block
   */
  constructor(
    private readonly open: OpenedModel,
    private readonly blocks: EventBlocks,
    private readonly first: EventBlock,
    private readonly nu: readonly number[],
  ) {
    this.nonFinite = new NonFiniteInBlocks(open.analysis);
    this.sampled = new SampledEvents(blocks.file, blocks.total);
  }

  /** All columns of the file, with that of the density, of every block that has events. */
  async *columns({ progress, signal }: Pick<Reporter, "progress" | "signal">): AsyncGenerator<Columns> {
    const { likelihood, requireValues } = this.open;
    const counter = progress.begin("evaluate", this.blocks.total, "events");
    for await (const block of this.all()) {
      signal.throwIfAborted();
      const { events, end } = block;
      const { count } = events.data;
      if (block !== this.first && count > 0) {
        requireValues(events);
        await likelihood.bind(events.data);
      }
      const logProb = count === 0 ? new Float64Array(0) : await likelihood.logProb(this.nu);
      this.add(block, logProb);
      // The first says which columns there are.
      if (count > 0 || block === this.first) {
        yield new Map([...(await block.columns()), [LOG_PROB, { shape: [count], data: logProb }]]);
      }
      counter.update(end);
    }
    counter.done();
    this.check();
    const { file, leftOut, total } = this.blocks;
    const left = { count: this.count, ...(this.isWeighted && { weighted: { total: this.total, squares: 0 } }) };
    for (const text of selectionTexts(file, left, leftOutOf(leftOut, total))) progress.note(text);
  }

  private async *all(): AsyncGenerator<EventBlock> {
    yield this.first;
    yield* this.blocks.blocks;
  }

  private add({ events, weights }: EventBlock, logProb: Float64Array): void {
    const { data, rows } = events;
    const { count } = data;
    this.count += count;
    for (const value of logProb) this.sum += value;
    this.isWeighted ||= weights !== undefined;
    for (let i = 0; i < count; i++) this.total += weights?.[i] ?? 1;
    this.nonFinite.add(logProb, events);
    this.sampled.add(data, rows ?? Int32Array.from({ length: count }, (_, i) => i), weights);
  }

  private check(): void {
    if (!this.isWeighted || this.count === 0) return;
    const { weight } = this.open.analysis.configuration.data;
    checkTotalWeight(`${this.blocks.file}, column ${JSON.stringify(weight)}`, this.count, this.total);
  }

  /** As `verdictsAt`, of every so many-th event, so that they fit in memory; events without a finite density are looked for in all. */
  async verdicts(reporter: Reporter): Promise<Verdicts> {
    const { open, nu } = this;
    const { events } = this.sampled;
    const { weights: _, ...bound } = events.data;
    if (events.data.count > 0) await open.likelihood.bind(bound);
    return verdictsAt({ ...open, events }, nu, reporter, this.nonFinite.verdict(this.blocks.file, this.count));
  }
}
