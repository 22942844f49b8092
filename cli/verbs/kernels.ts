import { UsageError } from "../messages.js";
import type { VerbContext } from "../verb.js";

export async function kernels(context: VerbContext): Promise<void> {
  throw new UsageError("unbinned kernels", { expected: "a later version", got: context.operands.join(" ") });
}
