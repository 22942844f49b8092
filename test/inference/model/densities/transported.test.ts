/** Transported densities: refusals. What they are is in the laws, and in moved.test.ts. */
import { test } from "uvu";
import { autoregressiveFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { TransportedForm } from "../../../../inference/model/densities/transported.js";
import { rejects } from "../../../support/rejects.js";
import { parameter } from "./samples.js";

const architecture = autoregressiveFlow({ features: 1, transforms: 1, hidden: [4], transform: { kind: "affine" } });
const flow = { architecture, weights: initialise(architecture, 1) };

test("forms that do not fit are refused in one sentence", async () => {
  const wrong: readonly [Partial<TransportedForm>, RegExp][] = [
    [{}, /density own: expected either shifts and scales, or a flow, got .*none/],
    [{ affine: { m: {} }, flow, of: ["m"] }, /either shifts and scales, or a flow, got .*both/],
    [{ affine: {} }, /shifts and scales of columns of e \(m\), got .*none/],
    [{ affine: { n: { shift: 1 } } }, /shifts and scales of columns of e \(m\), got .*n/],
    [{ affine: { m: { scale: 0 } } }, /a scale of m above 0, got .*0/],
    [{ affine: { m: { scale: -1 } } }, /a scale of m above 0, got .*-1/],
    [{ affine: { m: { shift: "none" } } }, /name of a parameter, a function or a column/],
    [{ affine: { m: { shift: "m" } } }, /numbers that do not look at columns that the density is of, got .*m/],
    [{ affine: { m: { wide: 1 } as object } }, /shift and scale, or one of them, by column for affine/],
    [{ flow, of: ["n"] }, /the columns of e \(m\), got .*n/],
    [{ flow }, /expected 1 columns, got .*0/],
    [{ flow, of: ["m"], given: ["n"] }, /given columns of 0 numbers, got .*1 of n/],
    [{ density: "none" }, /a density \(e, own\), got "none"/],
    [{ density: "own" }, /no circle of names, got .*own → own/],
  ];
  for (const [change, message] of wrong) {
    const own: TransportedForm = { kind: "transported", density: "e", ...change };
    await rejects(
      () =>
        checkedComposition({
          parameters: [parameter("shift", 0.4)],
          columns: { m: { range: [1, 4] }, n: {} },
          densities: { e: { kind: "exponential", x: "m", c: 0.9 }, own },
        }),
      message,
    );
  }
});

test.run();
