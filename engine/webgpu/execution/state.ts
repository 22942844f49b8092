/** Values of parameters: on the host in f64 as they were written, or on the device where steps changed them. */
import type { Named } from "../../runtime/backend.js";

export interface StampedValue {
  /** Grows with every new value. */
  readonly stamp: number;
  readonly value: Float64Array;
}

export class State {
  private readonly stamped = new Map<string, StampedValue>();
  private readonly onDevice = new Set<string>();
  private clock = 1;

  /** @param fetch  reads parameters back from where steps left them */
  constructor(private readonly fetch: (labels: readonly string[]) => Promise<Record<string, Float64Array>>) {}

  /** A stamp for something new. */
  tick(): number {
    return this.clock++;
  }

  write(values: Named<Float64Array>): void {
    for (const [label, value] of Object.entries(values)) {
      this.stamped.set(label, { stamp: this.tick(), value });
      this.onDevice.delete(label);
    }
  }

  /** From here on the device has the newer value. */
  leave(labels: readonly string[]): void {
    for (const label of labels) this.onDevice.add(label);
  }

  isOnDevice(label: string): boolean {
    return this.onDevice.has(label);
  }

  /** Reads back values that only the device has. */
  async bring(labels: readonly string[]): Promise<void> {
    const missing = labels.filter((label) => this.onDevice.has(label));
    if (missing.length > 0) this.write(await this.fetch(missing));
  }

  /** The value, once it is on the host; undefined where it was never written. */
  get(label: string): StampedValue | undefined {
    if (this.onDevice.has(label)) throw new Error(`internal: parameter ${label} is on the device`);
    return this.stamped.get(label);
  }
}
