/** Texts as a terminal may have them: no control characters, one line an error. */

/** Text for a terminal: what it would obey rather than show (escape sequences, writing direction turned round) as escapes. */
export function shown(text: string): string {
  return text.replace(
    /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What stderr gets: the message, and the stack only where UNBINNED_DEBUG=1 asks for it. */
export function errorText(error: unknown, isDebug: boolean): string {
  if (!(error instanceof Error)) return `unbinned: ${shown(String(error))}`;
  if (isDebug) return error.stack ?? error.message;
  if (error instanceof RangeError && error.message === "Array buffer allocation failed") {
    return "unbinned: expected memory for an array of numbers, got a refusal. Take fewer events (--head), or raise the limit on memory";
  }
  return shown(error.message)
    .split("\n")
    .map((line) => (line.startsWith("unbinned") ? line : `unbinned: ${line}`))
    .join("\n");
}
