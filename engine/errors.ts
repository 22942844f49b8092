/** What a message tells: where (the first argument of the constructor), what was expected, what was found, what to do. */
export interface Complaint {
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

function sentence(where: string, { expected, got, hint }: Complaint): string {
  return `${where}: expected ${expected}, got ${got}${hint === undefined ? "" : `. ${hint}`}`;
}

/** A mistake of the caller, said in one sentence: where, expected, got, what to do. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";

  constructor(
    readonly where: string,
    readonly complaint: Complaint,
  ) {
    super(sentence(where, complaint));
  }
}

/** The GPU was lost, and all data on it. No caller made a mistake. */
export class DeviceLostError extends Error {
  override readonly name = "DeviceLostError";

  constructor(
    readonly reason: string,
    hint = "Open the backend again",
  ) {
    super(
      sentence("webgpu backend", { expected: "the device to stay", got: `a device that was lost (${reason})`, hint }),
    );
  }
}

/** Memory that the machine does not have, or that a limit of the process withholds. */
export class MemoryError extends Error {
  override readonly name = "MemoryError";

  constructor(where: string, complaint: Complaint) {
    super(sentence(where, complaint));
  }
}

/** Shapes or event sets that do not fit. */
export class ShapeError extends UsageError {
  override readonly name = "ShapeError";
}
