/**
 * By how much does each event move each parameter? In one Newton step from the minimum, an event with the weighted score g moves ν by C g,
 * C the inverse Hessian: its influence. Hampel 1974, "The influence curve and its role in robust estimation". For one event among
 * many it is what leaving the event out takes away; for events that decide the fit it is the first step of that.
 */

export interface EventShift {
  /** Position of the event. */
  readonly event: number;
  /** In standard deviations of the parameter, with its sign. */
  readonly shift: number;
}

/** Events to name, for each parameter. */
const NAMED = 5;

/** The largest shifts of one parameter. */
class Largest {
  readonly events: EventShift[] = [];

  add(event: number, shift: number): void {
    const least = this.events[NAMED - 1];
    if (least !== undefined && Math.abs(shift) <= Math.abs(least.shift)) return;
    this.events.push({ event, shift });
    this.events.sort((a, b) => Math.abs(b.shift) - Math.abs(a.shift));
    if (this.events.length > NAMED) this.events.pop();
  }
}

/** Looks at the scores of all events, portion by portion. */
export class EventShifts {
  /** [parameters]: the events that move it most, in order. */
  readonly largest: readonly Largest[];
  /** [parameters]: what the events of the group do together, in standard deviations. */
  readonly together: Float64Array;
  private readonly steps: readonly (readonly number[])[];

  /**
   * @param covariance  inverse Hessian [K, K]; a row of zeros stands for a parameter that does not move
   * @param group       positions of events that are looked at together
   */
  constructor(
    covariance: readonly (readonly number[])[],
    private readonly group: ReadonlySet<number>,
  ) {
    this.steps = covariance.map((row, k) => {
      const sigma = Math.sqrt(row[k]!);
      return sigma > 0 ? row.map((value) => value / sigma) : row;
    });
    this.largest = covariance.map(() => new Largest());
    this.together = new Float64Array(covariance.length);
  }

  /**
   * @param scores  gradients of log p, each times the weight of its event [K, events]
   * @param start   position of the first event
   */
  add(scores: Float64Array, start: number): void {
    const size = this.steps.length;
    const events = scores.length / size;
    for (const [k, step] of this.steps.entries()) {
      for (let i = 0; i < events; i++) {
        let shift = 0;
        for (let l = 0; l < size; l++) shift += step[l]! * scores[l * events + i]!;
        this.largest[k]!.add(start + i, Number.isNaN(shift) ? Number.POSITIVE_INFINITY : shift);
        if (this.group.has(start + i)) this.together[k]! += shift;
      }
    }
  }
}
