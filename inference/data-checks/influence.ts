/**
 * Does a single event decide ν? An event's score g moves ν_k by g σ_k² in one Newton step, σ_k² = 1 / (1 + Σ g²) the variance that
 * the scores of the others and the constraint leave to ν_k with the other nuisances fixed: by |g| σ_k standard deviations.
 * Hampel 1974, "The influence curve and its role in robust estimation".
 */

export interface DominantEvent {
  /** Counted from 0. */
  readonly row: number;
  /** Position of the nuisance that it moves most, in units of its σ. */
  readonly nuisance: number;
  /** By how many standard deviations. */
  readonly shift: number;
}

/** Not checked here, but by its influence: that an event moves ν by more than one σ alone. */
const LEAST_SHIFT = 1;

/**
 * With few events that carry the information on ν_k, (Σ g²)² / Σ g⁴, one of them moves it by about one over the root of their number:
 * so many times that is no chance. By simulated scores, those of a normal variable and of its square, 20 to 5000 events, all
 * informative or a tenth of them, the chance of a finding is below 1 in 1000 per nuisance.
 */
const TYPICAL = 20;

/** Fewer events are no reference for any of them. */
const LEAST_EVENTS = 20;

/** Events that may dominate together without hiding one another: one in a thousand, at most so many. */
const MOST_TOGETHER = 10;
const TOGETHER = 1000;

interface EventScore {
  readonly row: number;
  /** |g| */
  readonly size: number;
}

/** The scores of one nuisance: the events of the largest, and sums over all others, in which those would drown them. */
class ScoresOf {
  /** The largest first. */
  readonly largest: EventScore[] = [];
  squares = 0;
  private fourths = 0;

  constructor(private readonly most: number) {}

  add(row: number, score: number): void {
    const { largest, most } = this;
    // What is not finite in the precision of the program is beyond all that is.
    const size = Number.isFinite(score) ? Math.abs(score) : Number.POSITIVE_INFINITY;
    if (largest.length === most && size <= largest[most - 1]!.size) {
      this.sum(size);
      return;
    }
    largest.push({ row, size });
    largest.sort((one, other) => (one.size < other.size ? 1 : -1));
    if (largest.length > most) this.sum(largest.pop()!.size);
  }

  private sum(size: number): void {
    this.squares += size ** 2;
    this.fourths += size ** 4;
  }

  /** Number of events that carry the information. */
  get informative(): number {
    return this.fourths > 0 ? this.squares ** 2 / this.fourths : 0;
  }
}

/** Looks at the scores of all events, portion by portion. */
export class InfluenceCheck {
  private readonly scores: readonly ScoresOf[];

  /** @param nuisances  their number K */
  constructor(
    private readonly count: number,
    nuisances: number,
  ) {
    const together = Math.min(MOST_TOGETHER, Math.ceil(count / TOGETHER));
    this.scores = Array.from({ length: nuisances }, () => new ScoresOf(together));
  }

  /**
   * @param scores  gradients of log p, each times the weight of its event [K, events]
   * @param start   row of the first event
   */
  add(scores: Float64Array, start: number): void {
    const events = scores.length / this.scores.length;
    for (const [k, own] of this.scores.entries()) {
      for (let event = 0; event < events; event++) own.add(start + event, scores[k * events + event]!);
    }
  }

  /** Events that decide a nuisance, those that move one most first. */
  dominant(): DominantEvent[] {
    if (this.count < LEAST_EVENTS) return [];
    const found = new Map<number, DominantEvent>();
    for (const [nuisance, { largest, squares, informative }] of this.scores.entries()) {
      for (const { row, size } of largest) {
        const shift = size / Math.sqrt(1 + squares);
        const isDominant = shift > LEAST_SHIFT && shift > TYPICAL / Math.sqrt(informative);
        if (isDominant && shift > (found.get(row)?.shift ?? 0)) found.set(row, { row, nuisance, shift });
      }
    }
    return [...found.values()].sort((a, b) => b.shift - a.shift);
  }
}
