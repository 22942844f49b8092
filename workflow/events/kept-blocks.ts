/** Blocks of a channel's events that stay in memory: the first ones, as far as there is room. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { ChannelData } from "../../inference/model/likelihood/channels.js";
import { countOf } from "../../inference/model/likelihood/event-stream.js";
import { joinedColumns } from "../../inference/model/sampling/simulated-events.js";
import { type ChannelEvents, type LookedAt, sharedEvents } from "./channel-events.js";
import { digestOfColumns } from "./event-digest.js";

type Block = Pick<LookedAt, "data" | "rows">;

export class KeptBlocks {
  private readonly kept: Block[] = [];
  private isFull = false;

  /**
   * @param starts  rows at which blocks begin, and the end of the last
   * @param rows    that may be in memory: those that stay, and of the others the block that is worked on and the one that is read meanwhile
   */
  constructor(
    private readonly starts: readonly number[],
    private readonly rows: number,
  ) {}

  /** The next block, of those before which all are kept. */
  add({ data, rows }: Block): void {
    if (this.isFull) return;
    this.kept.push({ data, rows });
    if (countOf(this.data) <= this.rows) return;
    this.isFull = true;
    // What is left out is not known of blocks that are yet to be read: they count with all their rows.
    const largest = () =>
      this.starts.slice(this.kept.length, -1).reduce((most, start, i) => {
        const end = this.starts[this.kept.length + i + 1]!;
        return Math.max(most, end - start);
      }, 0);
    while (this.kept.length > 0 && countOf(this.data) + 2 * largest() > this.rows) this.kept.pop();
  }

  get data(): readonly ChannelData[] {
    return this.kept.map(({ data }) => data);
  }

  /** After the last block: whether nothing has to be read again. */
  get hasAll(): boolean {
    return !this.isFull;
  }

  /** All events as if they had been read at once. */
  joined(): Pick<ChannelEvents<ChannelData>, "data" | "rows" | "digest"> {
    const count = countOf(this.data);
    const [first] = this.data;
    const filled = this.data.filter((data) => data.count > 0);
    const whole = (of: (data: ChannelData) => ColumnData) =>
      joinedColumns(filled.map((data) => ({ count: data.count, column: of(data) })));
    const names = Object.keys(first!.columns);
    const columns = Object.fromEntries(names.map((name) => [name, whole((data) => data.columns[name]!)]));
    const weights = first!.weights && whole((data) => data.weights!);
    const rows = new Int32Array(count);
    let at = 0;
    for (const [i, { data, rows: own }] of this.kept.entries()) {
      const start = this.starts[i]!;
      for (let event = 0; event < data.count; event++) rows[at++] = start + (own?.[event] ?? event);
    }
    return {
      data: sharedEvents({ count, columns, ...(weights && { weights }) }),
      rows,
      digest: digestOfColumns([...Object.values(columns), weights]),
    };
  }
}
