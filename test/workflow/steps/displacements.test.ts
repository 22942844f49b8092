/** Displacements with their spread over the replicas. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { at, removeEnsemble, runWhole } from "../../cli/ensemble-run.js";

test.before(runWhole);
test.after(removeEnsemble);

test("every displacement comes with mean and spread of the replicas", async () => {
  const { displacements } = JSON.parse(readFileSync(at("whole", "results.json"), "utf8"));
  const arrays = await readNpz(at("whole", "arrays.npz"));
  const column = (of: string, name: string) => Float64Array.from(arrays.get(`${of}/${name}`)!.data as Float64Array);
  assert.is(displacements.length, 2 * 5);
  for (const { arrays: of } of displacements) {
    assert.ok(Math.min(...column(of, "spread")) > 0);
    assert.is(column(of, "mean").length, column(of, "displacements").length);
  }
  const atFit = displacements.filter(({ mode }: { mode: number }) => mode === 0);
  assert.is(atFit.length, 2);
  for (const { arrays: of, errors } of atFit) {
    assert.is(errors, "total");
    // Both parts, neither of which is the whole.
    const [total, nuisances, statistical] = ["total_upper", "nuisances_upper", "statistical"].map((name) =>
      column(of, name),
    );
    assert.ok(Math.max(...nuisances!) > 0);
    for (const [i, width] of total!.entries()) {
      assert.ok(width >= statistical![i]! * (1 - 1e-12) && width >= nuisances![i]! * (1 - 1e-12));
    }
    const [central, mean] = [column(of, "central"), column(of, "mean")];
    for (const [i, value] of central.entries()) assert.ok(Math.abs(value - mean[i]!) < 1e-4);
  }
  assert.match(readFileSync(at("whole", "pictures", "displacement-y1-y2.svg"), "utf8"), /total ± 1σ.*<ellipse/s);
});

test.run();
