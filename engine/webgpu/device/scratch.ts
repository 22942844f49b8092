/** Memory that all programs of a backend share: what is done with at the end of a submission, and where numbers come back. */
import { Buffers } from "./buffers.js";
import { type Device, usage } from "./device.js";

/** Idle buffers to read from: one for the numbers that the host takes, one for those that the device makes meanwhile. */
const IDLE = 2;

export interface ScratchArrays {
  readonly values: GPUBuffer;
  readonly partials: GPUBuffer;
}

/**
 * Nothing stays here from one submission to the next, and the device does one submission after the other: programs that run
 * at the same time need no memory of their own, only to look for the arrays anew before they submit, as others make them grow.
 * It takes what the largest program needs: at most one chunk of values and what the device can bind of partial sums, and both
 * once more for every buffer to read from. The last program that leaves gives it back.
 */
export class Scratch {
  private readonly buffers: Buffers;
  private readonly idle: GPUBuffer[] = [];
  private users = 0;

  constructor(private readonly device: Device) {
    this.buffers = new Buffers(device);
  }

  enter(): void {
    this.users++;
  }

  leave(): void {
    this.users--;
    if (this.users > 0) return;
    this.buffers.close();
    for (const buffer of this.idle.splice(0)) buffer.destroy();
  }

  /** Arrays of at least so many bytes, for one submission: before the next, they may be others. */
  arrays(values: number, partials: number): ScratchArrays {
    const bits = usage.storage | usage.copySource | usage.copyTarget;
    return {
      values: this.buffers.need("values", values, bits),
      partials: this.buffers.need("partials", partials, bits),
    };
  }

  /** @param submit  submits what copies so many bytes to a buffer; called before this returns a promise */
  async read(bytes: number, submit: (to: GPUBuffer) => void): Promise<Float32Array> {
    const buffer = this.take(bytes);
    try {
      submit(buffer);
      return await this.device.read(buffer, bytes);
    } finally {
      if (this.users > 0 && this.idle.length < IDLE) this.idle.push(buffer);
      else buffer.destroy();
    }
  }

  private take(bytes: number): GPUBuffer {
    const at = this.idle.findIndex(({ size }) => size >= bytes);
    if (at >= 0) return this.idle.splice(at, 1)[0] as GPUBuffer;
    this.idle.pop()?.destroy();
    return this.device.buffer(bytes, usage.mapRead | usage.copyTarget);
  }
}
