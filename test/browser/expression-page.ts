/** A page that selects events by an expression: posts which, or the error. */
import { evaluateExpression, parseExpression } from "unbinned";

export interface ExpressionReport {
  readonly selected?: readonly number[];
  readonly error?: string;
}

async function report(): Promise<ExpressionReport> {
  try {
    const cut = await parseExpression("x > 1 && !(x^2 == 9)", "a cut");
    return { selected: Array.from(await evaluateExpression(cut, { x: Float64Array.of(1, 2, 3, 4) })) };
  } catch (error) {
    return { error: String(error) };
  }
}

void report().then((body) => fetch("/report", { method: "POST", body: JSON.stringify(body) }));
