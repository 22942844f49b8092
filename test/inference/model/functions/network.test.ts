/** Networks as functions: what is refused. What they are is in the laws. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { NetworkForm } from "../../../../inference/model/functions/network.js";
import { rejects } from "../../../support/rejects.js";
import { networkOf, parameter } from "../densities/samples.js";

const network = networkOf(3, 1, 1);
const changed = (change: Partial<typeof network.architecture>) => ({
  ...network,
  architecture: { ...network.architecture, ...change },
});

const checked = (form: Partial<NetworkForm>) =>
  checkedComposition({
    parameters: [parameter("a", 1)],
    columns: { m: { range: [0, 1] }, t: {}, pass: { values: [0, 1] } },
    functions: { f: { kind: "network", of: ["t", "pass"], output: "none", network, ...form } },
    densities: { u: { kind: "uniform", x: "m" } },
  });

test("forms that do not fit are refused in one sentence", async () => {
  const wrong: readonly [Partial<NetworkForm>, RegExp][] = [
    [{ of: ["t"] }, /function f: expected given columns of 3 numbers, got .*1 of t/],
    [{ parameters: ["a"] }, /given columns of 2 numbers, got .*3 of t, pass \(2 values\)/],
    [{ of: ["pass", "none"] }, /name of a parameter, a function or a column/],
    [{ output: "tanh" as "none" }, /"none" or "sigmoid" or "softplus" or "softmax" for output/],
    [{ output: "softmax" }, /labels for the two or more numbers of a softmax/],
    [{ output: "softmax", labels: ["one"] }, /labels for the two or more numbers/],
    [{ labels: ["one", "two"] }, /for no other output, got .*none with labels one, two/],
    [{ output: "softmax", labels: ["one", "two"] }, /a network of 2 outputs, got .*1/],
    [{ frame: { shift: [0, 0], scale: [1, 1] } }, /frame: expected a finite shift/],
    [{ network: changed({ hidden: [6, 0] }) }, /positive whole numbers of units/],
    [{ network: changed({ hidden: [6, 1e9] }) }, /at most 65536 units/],
    [{ network: changed({ activation: "step" as "tanh" }) }, /"relu" or "elu"/],
    [{ network: changed({ hidden: [6, 6] }) }, /"1.weight" of shape \[6,6\]/],
    [{ network: { ...network, weights: new Map() } }, /the 6 tensors of this network, got .*missing/],
  ];
  for (const [form, message] of wrong) await rejects(() => checked(form), message);
  assert.equal(checked({}).columnsOf("f"), ["t", "pass"]);
});

test("numbers of a softmax are values, the softmax itself is none", async () => {
  const form = { output: "softmax", labels: ["x", "y"], network: networkOf(3, 2, 1) } as const;
  assert.equal(checked(form).columnsOf("f.y"), ["t", "pass"]);
  for (const name of ["f", "f.z"]) await rejects(() => checked(form).columnsOf(name), /f\.x, f\.y/);
});

test.run();
