/** Some of the events that are read block after block, spread evenly over all: for what looks at how columns are distributed. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import type { LoadedEvents } from "./loaded-events.js";
import { ROWS_AT_ONCE, Sampled } from "./row-blocks.js";

type Observables = "x" | "y";

export class SampledEvents {
  private readonly sampled: Sampled;
  /** Number of features of each observable, and whether they are in f32. */
  private readonly forms = new Map<Observables, { readonly width: number; readonly isSingle: boolean }>();

  /** @param total  rows, of which so many are taken as a block has at most */
  constructor(
    private readonly file: string,
    private readonly total: number,
  ) {
    this.sampled = new Sampled(Math.ceil(total / ROWS_AT_ONCE));
  }

  /** @param rows  of the events in the file */
  add({ count, ...data }: Pick<EventData, "count" | Observables>, rows: ArrayLike<number>, weights?: ColumnData): void {
    const of = (["x", "y"] as const).flatMap((name) => {
      const values = data[name];
      return values === undefined ? [] : [[name, values] as const];
    });
    for (const [name, values] of of) {
      if (count > 0 || !this.forms.has(name))
        this.forms.set(name, { width: values.length / Math.max(1, count), isSingle: values instanceof Float32Array });
    }
    if (count === 0) return;
    const features = of.flatMap(([name, values]) =>
      Array.from({ length: values.length / count }, (_, i) => [
        `${name}${i}`,
        values.subarray(i * count, (i + 1) * count),
      ]),
    );
    this.sampled.add({ count, columns: { ...Object.fromEntries(features), row: Float64Array.from(rows) }, weights });
  }

  get events(): LoadedEvents {
    const { count, columns, weights } = this.sampled.data;
    const { row = new Float64Array(0) } = columns;
    const column = (of: Observables) => {
      const { width, isSingle } = this.forms.get(of) ?? { width: 0, isSingle: false };
      const all = isSingle ? new Float32Array(width * count) : new Float64Array(width * count);
      for (let i = 0; i < width; i++) all.set(columns[`${of}${i}`]!, i * count);
      return all;
    };
    const y = this.forms.has("y") ? { y: column("y") } : {};
    const data = { count, x: column("x"), ...y, ...(weights && { weights }) };
    return { data, total: this.total, file: this.file, rows: Int32Array.from(row) };
  }
}
