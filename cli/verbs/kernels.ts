import { likelihoodOf } from "../command/likelihood.js";
import type { VerbContext } from "../command/verb.js";

/** Prints what the likelihood with its gradient and Hessian was lowered to. */
export async function kernels(context: VerbContext): Promise<void> {
  const open = await likelihoodOf(context, "f64", false);
  try {
    const description = await open.likelihood.describe();
    context.print(description);
    context.printJson({ description });
  } finally {
    await open.close();
  }
}
