/** What a decoder finds in bytes that no writer makes: it knows what is wrong, and its caller where. */
import { type Complaint, FileError } from "./errors.js";

export class Damage extends Error {
  override readonly name = "Damage";

  constructor(readonly complaint: Complaint) {
    super(`expected ${complaint.expected}, got ${complaint.got}`);
  }
}

const HINT = "The file is truncated or corrupt: copy or make it again";

/** Decodes bytes; what is wrong with them becomes an error of the file. */
export function decoded<Result>(where: string, decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    throw asFileError(where, error);
  }
}

/** The same of what waits for its bytes. */
export async function decodedAsync<Result>(where: string, decode: () => Promise<Result>): Promise<Result> {
  try {
    return await decode();
  } catch (error) {
    throw asFileError(where, error);
  }
}

function asFileError(where: string, error: unknown): unknown {
  return error instanceof Damage ? new FileError(where, { hint: HINT, ...error.complaint }) : error;
}
