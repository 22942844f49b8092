/** Buffers by name: made when first needed, made anew when too small, destroyed together. */
import type { Device } from "./device.js";

export class Buffers {
  private readonly buffers = new Map<string, GPUBuffer>();

  constructor(private readonly device: Device) {}

  /** A buffer of at least so many bytes. What lay in a smaller one is lost. */
  need(name: string, bytes: number, bits: number): GPUBuffer {
    const old = this.buffers.get(name);
    if (old !== undefined && old.size >= bytes) return old;
    old?.destroy();
    const buffer = this.device.buffer(bytes, bits);
    this.buffers.set(name, buffer);
    return buffer;
  }

  /** One that is there. */
  get(name: string): GPUBuffer {
    const buffer = this.buffers.get(name);
    if (buffer === undefined) throw new Error(`internal: no buffer ${name}`);
    return buffer;
  }

  close(): void {
    for (const buffer of this.buffers.values()) buffer.destroy();
    this.buffers.clear();
  }
}
