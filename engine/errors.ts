/** What a message tells: where (the first argument of the constructor), what was expected, what was found, what to do. */
export interface Complaint {
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

/** A mistake of the caller, said in one sentence: where, expected, got, what to do. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";

  constructor(where: string, complaint: Complaint) {
    const hint = complaint.hint === undefined ? "" : `. ${complaint.hint}`;
    super(`${where}: expected ${complaint.expected}, got ${complaint.got}${hint}`);
  }
}

/** Shapes or event sets that do not fit. */
export class ShapeError extends UsageError {
  override readonly name = "ShapeError";
}
