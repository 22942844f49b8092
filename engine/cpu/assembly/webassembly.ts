/** The part of the WebAssembly JavaScript interface we use; no library of types without the DOM declares it. */

/** A compiled module: opaque, may be posted to workers. */
export interface WasmModule {
  readonly [wasmModule]: true;
}
declare const wasmModule: unique symbol;

export interface WasmMemory {
  /** Shared memories give a SharedArrayBuffer. A view made before growth of an unshared memory is dead after it. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  grow(pages: number): number;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, (...values: number[]) => number>>;
}

type WasmImports = Readonly<Record<string, Readonly<Record<string, WasmMemory | ((...values: number[]) => number)>>>>;

interface WasmNamespace {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance;
  readonly Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: WasmNamespace }).WebAssembly;
