/** Errors that work is expected to end in. */
import * as assert from "uvu/assert";

/** The message of the error; a failure where there is none. */
export async function refusal(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    return (error as Error).message;
  }
  assert.unreachable("expected an error");
  return "";
}

/** The error's message matches. */
export async function rejects(work: Promise<unknown> | (() => unknown), message: RegExp): Promise<void> {
  assert.match(await refusal(work), message);
}
