import { UsageError } from "../messages.js";
import type { VerbContext } from "../verb.js";

export async function run(context: VerbContext): Promise<void> {
  throw new UsageError("unbinned run", { expected: "a later version", got: context.operands.join(" ") });
}
