/** Values of nodes without events and of parameters in a worker. */

/** A node without events or a parameter, with the time it was made: numbers in f64, or in the program's memory until asked. */
export class StampedValue {
  private numbers: Float64Array | undefined;

  constructor(
    readonly stamp: number,
    source: Float64Array | (() => Float64Array),
  ) {
    if (typeof source === "function") this.fetch = source;
    else this.numbers = source;
  }

  private fetch: () => Float64Array = () => {
    throw new Error("internal: no value");
  };

  get value(): Float64Array {
    this.numbers ??= this.fetch();
    return this.numbers;
  }
}
