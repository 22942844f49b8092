import { UsageError } from "../messages.js";
import type { VerbContext } from "../verb.js";

export async function evaluate(context: VerbContext): Promise<void> {
  throw new UsageError("unbinned evaluate", { expected: "a later version", got: context.operands.join(" ") });
}
