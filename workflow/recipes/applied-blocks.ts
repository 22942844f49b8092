/** Events that are mapped block after block, and what there is to say of them. */
import type { Backend } from "../../engine/runtime/backend.js";
import {
  applyTransport,
  countOutside,
  type MapVariation,
} from "../../inference/measurements/distribution-of-interest/apply.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { extremesOf } from "../../inference/model/resolution.js";
import type { Columns } from "../../io/columns.js";
import type { NamedArray } from "../../io/index.js";
import type { Analysis } from "../configuration/analysis.js";
import { LostEvents, sampleWarnings } from "../events/apply-checks.js";
import { addColumns, type ColumnNames } from "../events/apply-columns.js";
import type { ApplyOptions, ApplySource, ApplyTable } from "../events/apply-files.js";
import type { DataVerdict } from "../events/data-verdicts.js";
import { requireEdges } from "../events/feature-support.js";
import type { LoadedEvents } from "../events/loaded-events.js";
import { requireRange, resolutionWarnings } from "../events/resolution.js";
import { SampledEvents } from "../events/sampled-events.js";
import type { Reporter } from "../reporter.js";

/** What is applied to the events. */
export interface AppliedMap {
  readonly analysis: Analysis;
  readonly model: MixtureModel;
  readonly backend: Backend;
  readonly direction: ApplyOptions["direction"];
  readonly simulatedAt: readonly number[] | undefined;
  readonly variations: readonly MapVariation[];
  readonly names: ColumnNames;
}

export class AppliedBlocks {
  /** Events so far, and those outside of where the splines of T bend. */
  count = 0;
  outside = 0;
  private readonly lost = new LostEvents();
  private readonly sampled: SampledEvents;

  /** @param file  of the events, for messages */
  constructor(
    private readonly map: AppliedMap,
    private readonly source: ApplySource,
    private readonly file: string,
  ) {
    this.sampled = new SampledEvents(file, source.total);
  }

  /** All columns of the file, with those of T, of every block. */
  async *columns({ progress, signal, warn }: Pick<Reporter, "progress" | "signal" | "warn">): AsyncGenerator<Columns> {
    const { variations } = this.map;
    const counter = progress.begin("apply", this.source.total * variations.length, "maps");
    for await (const table of this.source.blocks) {
      this.requireValues(table);
      // What the first events have no digits for is refused before they are mapped.
      if (this.count === 0) this.resolution(table.sample);
      const before = this.count * variations.length;
      const columns = new Map(table.columns);
      await this.addTo(columns, table, (done) => counter.update(before + done), signal);
      signal.throwIfAborted();
      this.look(table, columns);
      yield columns;
    }
    counter.done();
    for (const text of this.resolution(this.sampled.events.data)) warn(text);
  }

  private resolution(events: LoadedEvents["data"]): string[] {
    const { model, backend } = this.map;
    return resolutionWarnings([[this.file, events]], model.frame, backend.precision);
  }

  private requireValues({ sample, firstRow }: ApplyTable): void {
    const { analysis, model, backend } = this.map;
    const extremes = extremesOf(sample).map((own) => ({ ...own, row: firstRow + own.row }));
    requireEdges(analysis, [[this.file, extremes]], model.frame);
    requireRange(analysis, [[this.file, extremes]], model.frame, backend.precision);
  }

  private async addTo(
    columns: Columns,
    { sample, observed }: ApplyTable,
    onEvents: (done: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { backend, model, direction, simulatedAt, variations, names } = this.map;
    // A frame is there where f32 would not hold the features.
    const precision = { y: model.frame === undefined ? backend.precision : "f64", others: backend.precision } as const;
    const request = { backend, model, direction, sample, simulatedAt, variations, signal, onEvents };
    for await (const applied of applyTransport(request)) addColumns(columns, names, applied, observed, precision);
  }

  private look({ sample, firstRow }: ApplyTable, columns: Columns): void {
    const { model, names } = this.map;
    const { count, y } = sample;
    const results = names.all.map((name) => columns.get(name) as NamedArray);
    this.count += count;
    this.outside += countOutside(model, y, count);
    this.lost.add(results, count, firstRow);
    this.sampled.add(
      sample,
      Int32Array.from({ length: count }, (_, i) => firstRow + i),
    );
  }

  /** Of where nothing was trained: of every so many-th event, so that they fit in memory. */
  warnings(): string[] {
    const { analysis, model, direction } = this.map;
    return sampleWarnings(analysis, model, this.sampled.events, direction);
  }

  verdicts(): DataVerdict[] {
    return this.lost.verdicts(this.file, this.count);
  }
}
