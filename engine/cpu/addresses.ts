/** Where things of a program lie in memory: what lives as long as it does, and the buffers of a tile. */
import type { Item } from "../passes/lowering.js";

/** Rounded up to whole cache lines. */
export const align = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** Hands out addresses of what lives as long as the program, and remembers what to write there at the start. */
export class Arena {
  private end = 64;
  private readonly tables = new Map<string, number>();
  readonly contents: { readonly address: number; readonly values: Int32Array }[] = [];

  reserve(bytes: number): number {
    const address = this.end;
    this.end = align(this.end + bytes);
    return address;
  }

  table(values: Int32Array): number {
    const key = values.join();
    let address = this.tables.get(key);
    if (address === undefined) {
      address = this.reserve(values.byteLength);
      this.tables.set(key, address);
      this.contents.push({ address, values });
    }
    return address;
  }

  get size(): number {
    return this.end;
  }
}

/** Byte offsets of tile buffers, reused once their last reader has run. */
export class Buffers {
  private readonly offsets = new Map<Item, number>();
  private readonly free: { offset: number; bytes: number }[] = [];
  size: number;

  constructor(start: number) {
    this.size = start;
  }

  allocate(item: Item, bytes: number): void {
    const fit = this.free
      .filter((gap) => gap.bytes >= bytes)
      .reduce<{ offset: number; bytes: number } | undefined>((a, b) => (a && a.bytes <= b.bytes ? a : b), undefined);
    if (fit === undefined) {
      this.offsets.set(item, this.size);
      this.size += bytes;
      return;
    }
    this.offsets.set(item, fit.offset);
    fit.offset += bytes;
    fit.bytes -= bytes;
  }

  release(item: Item, bytes: number): void {
    const offset = this.offset(item);
    const before = this.free.find((gap) => gap.offset + gap.bytes === offset);
    const after = this.free.find((gap) => gap.offset === offset + bytes);
    if (before !== undefined) {
      before.bytes += bytes + (after?.bytes ?? 0);
      if (after !== undefined) after.bytes = 0;
    } else if (after !== undefined) {
      after.offset -= bytes;
      after.bytes += bytes;
    } else this.free.push({ offset, bytes });
  }

  offset(item: Item): number {
    const offset = this.offsets.get(item);
    if (offset === undefined) throw new Error(`internal: item ${item.index} (${item.name}) has no buffer`);
    return offset;
  }
}
