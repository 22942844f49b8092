import { UsageError } from "../messages.js";
import type { VerbContext } from "../verb.js";

export async function hessian(context: VerbContext): Promise<void> {
  throw new UsageError("unbinned hessian", { expected: "a later version", got: context.operands.join(" ") });
}
