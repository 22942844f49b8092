/** Room for what files hold, asked for before it is taken. */
import { freemem } from "node:os";
import { FileError } from "./errors.js";

// Below this, the system's answer to what is free is not worth waiting for.
const SMALL_BYTES = 2 ** 28;

const MIB = 2 ** 20;

interface ArrayType<Data> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Data;
}

/** An array of zeros; refused where there is no room for it, or where no array can be as long. */
export function allocate<Data>(where: string, type: ArrayType<Data>, length: number): Data {
  const bytes = length * type.BYTES_PER_ELEMENT;
  if (bytes > SMALL_BYTES && bytes > freeBytes()) throw tooLarge(where, bytes, `${mebibytes(freeBytes())} are free`);
  try {
    return new type(length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw tooLarge(where, bytes, `this Node says: ${error.message}`);
  }
}

/**
 * Refuses events that do not fit into memory, before any of them is read.
 *
 * @param numbers  of each event
 * @param bytes    that all of them take, with what is computed from them
 */
export function requireRoom(
  where: string,
  { count, numbers, bytes }: { readonly count: number; readonly numbers: number; readonly bytes: number },
  hint: string,
  free = freeBytes(),
): void {
  if (bytes <= SMALL_BYTES || bytes <= free) return;
  throw new FileError(where, {
    expected: "events that fit into memory",
    got: `${count} x ${numbers} numbers, which take ${mebibytes(bytes)} where ${mebibytes(free)} are free`,
    hint,
  });
}

/** What the process may still take, of the machine or of its control group. */
function freeBytes(): number {
  return process.availableMemory?.() ?? freemem();
}

const mebibytes = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;

function tooLarge(where: string, bytes: number, reason: string): FileError {
  return new FileError(where, {
    expected: "an array that fits into memory",
    got: `one of ${mebibytes(bytes)} (${reason})`,
    hint: "Read fewer events (--head N) or fewer columns, or split the file",
  });
}

/** Zeros, of f32 or of f64. */
export const allocateFloats = (where: string, isSingle: boolean, length: number): Float32Array | Float64Array =>
  isSingle ? allocate(where, Float32Array, length) : allocate(where, Float64Array, length);
