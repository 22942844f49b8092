import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { configurationSchema } from "../../../workflow/configuration/schema.js";

const file = new URL("../../../../schema/unbinned.schema.json", import.meta.url);

test("the JSON Schema in the package is that of the table of keys; `unbinned validate --schema` prints it", () => {
  assert.equal(JSON.parse(readFileSync(file, "utf8")), configurationSchema());
});

/** Inside of a schema. */
function at(schema: unknown, ...path: readonly string[]): Record<string, unknown> {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], schema) as Record<
    string,
    unknown
  >;
}

test("one schema serves both kinds of file: one with likelihoods is a composition", () => {
  const schema = configurationSchema();
  assert.equal(schema.if, { required: ["likelihoods"] });
  assert.ok(Object.hasOwn(at(schema, "then", "properties"), "densities"));
  assert.not.ok(Object.hasOwn(at(schema, "else", "properties"), "densities"));
  const density = at(schema, "then", "properties", "densities", "additionalProperties", "anyOf", "0");
  assert.is(density.maxProperties, 1);
  assert.equal(at(density, "properties", "gaussian", "properties", "mean").type, ["number", "string"]);
  const parameter = at(schema, "then", "properties", "parameters", "additionalProperties", "anyOf", "0");
  assert.is(at(parameter, "anyOf", "0").type, "number");
  assert.is(at(parameter, "anyOf", "1").type, "object");
});

test.run();
