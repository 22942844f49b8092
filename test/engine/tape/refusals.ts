import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../engine/errors.js";

/** By title: what is refused, with which error and text. */
export type Refusals = Readonly<
  Record<string, readonly [body: () => unknown, kind: "ShapeError" | "UsageError", text: string]>
>;

export function testRefusals(refusals: Refusals): void {
  for (const [title, [body, kind, text]] of Object.entries(refusals)) {
    test(`${title}: ${kind}`, () => {
      try {
        body();
      } catch (error) {
        assert.instance(error, UsageError);
        assert.is((error as Error).name, kind);
        assert.is((error as Error).message, text);
        return;
      }
      assert.unreachable("accepted");
    });
  }
}
