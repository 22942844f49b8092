/** What a message tells: what was expected, what was found, what to do. */
export interface Complaint {
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

/** A file or column that is not what it should be, said in one sentence: where, expected, got, what to do. */
export class FileError extends Error {
  override readonly name = "FileError";

  constructor(where: string, complaint: Complaint) {
    const hint = complaint.hint === undefined ? "" : `. ${complaint.hint}`;
    super(`${where}: expected ${complaint.expected}, got ${complaint.got}${hint}`);
  }
}

/** Text out of a file, quoted, escaped and shortened so that it cannot garble a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** Names for a message: `"x", "y", and 12 more`. */
export function listNames(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return "none";
  const shown = all.slice(0, 12).map(quote).join(", ");
  return all.length > 12 ? `${shown}, and ${all.length - 12} more` : shown;
}

/** The code of a system error ("ENOENT"), undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
