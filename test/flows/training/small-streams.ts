/** Samples in memory as streams that read them block by block. */
import { type EventSample, selectEvents } from "../../../flows/training/event-sample.js";
import { type EventBlocks, StreamedEvents } from "../../../flows/training/streamed-events.js";

export interface StreamOptions {
  readonly window: number;
  /** Events of blocks, from the first on; the last block has what is left. */
  readonly block?: number;
  /** Blocks of a piece. */
  readonly perPiece?: number;
  readonly seed?: number;
  readonly purpose?: string;
  readonly validation?: number;
  /** Hears of what is read, by blocks. */
  readonly onRead?: (from: number, to: number) => void;
}

export function blocksOf(
  sample: EventSample,
  { block = 7, perPiece = 3, onRead }: Partial<StreamOptions>,
): EventBlocks {
  const count = Math.ceil(sample.count / block);
  const startOf = (own: number) => Math.min(sample.count, own * block);
  return {
    counts: Array.from({ length: count }, (_, own) => startOf(own + 1) - startOf(own)),
    pieces: Array.from({ length: Math.ceil(count / perPiece) }, (_, piece) => piece * perPiece),
    isWeighted: sample.weights !== undefined,
    async read(from, to) {
      onRead?.(from, to);
      const [first, last] = [startOf(from), startOf(to)];
      return selectEvents(
        sample,
        Int32Array.from({ length: last - first }, (_, i) => first + i),
      );
    },
  };
}

export function streamOf(sample: EventSample, options: StreamOptions): StreamedEvents {
  const { window, seed = 1, purpose = "test", validation = 0.25 } = options;
  return new StreamedEvents({ set: "events", blocks: blocksOf(sample, options), window, seed, purpose, validation });
}
