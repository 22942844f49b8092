import { UsageError } from "../messages.js";
import type { VerbContext } from "../verb.js";

export async function fit(context: VerbContext): Promise<void> {
  throw new UsageError("unbinned fit", { expected: "a later version", got: context.operands.join(" ") });
}
