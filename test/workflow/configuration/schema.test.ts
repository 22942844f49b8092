import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { configurationSchema } from "../../../workflow/configuration/schema.js";

const file = new URL("../../../../schema/unbinned.schema.json", import.meta.url);

test("the JSON Schema in the package is that of the table of keys; `unbinned validate --schema` prints it", () => {
  assert.equal(JSON.parse(readFileSync(file, "utf8")), configurationSchema());
});

test.run();
