import { UsageError } from "../messages.js";
import type { VerbContext } from "../verb.js";

export async function scan(context: VerbContext): Promise<void> {
  throw new UsageError("unbinned scan", { expected: "a later version", got: context.operands.join(" ") });
}
