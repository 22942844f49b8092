import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSavedModel } from "../../../workflow/store/model-files.js";
import { folder, removeAnalyses, writeAnalyses } from "../../cli/likelihood-analyses.js";
import { torchModel } from "../../inference/torch-mixture.js";

test.before(writeAnalyses);
test.after(removeAnalyses);

test("a saved model is read back whole", async () => {
  assert.equal(await readSavedModel(join(folder, "out")), torchModel({ hasTransport: true, hasRates: false }));
});

test.run();
