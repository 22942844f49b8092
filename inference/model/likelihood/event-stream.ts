/** Events that are not all kept in memory: those that are not are read piece after piece, again for every evaluation. */
import { UsageError } from "../../../engine/errors.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { totalWeight } from "../../../flows/training/weighted-moments.js";

/** @typeParam Piece  some of the events, in their order */
export interface EventStream<Piece extends { readonly count: number }> {
  /** Of all pieces together. */
  readonly count: number;
  /** The first of them, which stay in memory. Sums do not depend on how many pieces are kept. */
  readonly kept?: readonly Piece[];
  /** The events behind those that are kept, the same every time. */
  pieces(): AsyncIterable<Piece>;
}

/** Sums of weights and of their squares. */
export interface WeightSums {
  readonly total: number;
  readonly squares: number;
}

export const isStream = <Piece extends { readonly count: number }>(
  events: object | EventStream<Piece>,
): events is EventStream<Piece> => "pieces" in events;

/** How often events count: by a column of those that are kept, by its sums of those that are not; each once where both are absent. */
export interface CountedEvents {
  readonly count: number;
  readonly weights?: ColumnData | undefined;
  readonly weighted?: WeightSums | undefined;
}

export const isWeighted = ({ weights, weighted }: CountedEvents): boolean => (weights ?? weighted) !== undefined;

export function weightSums({ count, weights, weighted }: CountedEvents): WeightSums {
  if (weights === undefined) return weighted ?? { total: count, squares: count };
  let squares = 0;
  for (const weight of weights) squares += weight * weight;
  return { total: totalWeight({ count, weights }), squares };
}

/** (Σ w)² / Σ w² of several samples together. */
export function effectiveOf(samples: readonly CountedEvents[]): number {
  const sums = samples.map(weightSums);
  const total = sums.reduce((sum, own) => sum + own.total, 0);
  const squares = sums.reduce((sum, own) => sum + own.squares, 0);
  if (!samples.some(isWeighted) || (squares > 0 && Number.isFinite(squares)))
    return total === 0 ? 0 : total ** 2 / squares;
  throw new UsageError("weights of events", {
    expected: "finite numbers, not all zero",
    got: `${squares} for the sum of their squares`,
  });
}

export const countOf = (pieces: readonly { readonly count: number }[] = []): number =>
  pieces.reduce((sum, { count }) => sum + count, 0);

/**
 * The pieces of a stream, kept ones first, each read while the one before it is worked on, with the number of events before it. Pieces
 * without events are passed over.
 */
export async function* piecesOf<Piece extends { readonly count: number }>(
  stream: EventStream<Piece>,
  signal?: AbortSignal,
): AsyncGenerator<readonly [piece: Piece, start: number]> {
  const { count, kept = [] } = stream;
  const iterator = stream.pieces()[Symbol.asyncIterator]();
  const following = () => {
    const next = iterator.next();
    // Nobody waits for it yet: what it fails of is thrown where it is awaited.
    next.catch(() => {});
    return next;
  };
  let next = following();
  let start = 0;
  try {
    for (const piece of kept) {
      signal?.throwIfAborted();
      if (piece.count > 0) yield [piece, start];
      start += piece.count;
    }
    for (;;) {
      const { done, value } = await next;
      signal?.throwIfAborted();
      if (done === true) break;
      next = following();
      if (value.count > 0) yield [value, start];
      start += value.count;
    }
  } finally {
    await iterator.return?.();
  }
  if (start === count) return;
  throw new UsageError("stream of events", {
    expected: `${count} events`,
    got: `${start}`,
    hint: "The files changed while they were read",
  });
}
