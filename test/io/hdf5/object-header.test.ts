/** Headers that HDF5 1.10 wrote, in its old and its new version: headers-*.h5 of ../../references/hdf5.py. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodedAsync } from "../../../io/damage.js";
import { FileError } from "../../../io/errors.js";
import { Hdf5File } from "../../../io/hdf5/file.js";
import { openHeaders } from "../../../io/hdf5/object-header.js";
import { memorySource } from "../../../io/source.js";
import { withFlippedBit } from "../random-bytes.js";
import { assertRefused } from "../support.js";
import { hdf5File } from "./files.js";

async function addressIn(name: string, path: string): Promise<number> {
  const file = await Hdf5File.open(hdf5File(name));
  const reference = file.call(path, (library, id) => library.create_object_reference(id, path));
  await file.release();
  return Number(Buffer.from(Array.from(reference)).readBigUInt64LE());
}

test("what is wrong with a dataset, behind a block of the user's", async () => {
  for (const version of ["earliest", "latest"]) {
    const name = `headers-${version}.h5`;
    const headers = await openHeaders(memorySource(name, readFileSync(hdf5File(name))));
    const problem = async (path: string) => headers.problemAt(await addressIn(name, path));
    // Its type is an object of its own, and its attributes need further blocks.
    assert.is(await problem("/records"), undefined);
    assert.is(await problem("/bfloat"), "floats of 2 bytes that are not those of IEEE 754");
    assert.is(await problem("/bits"), "integers of 12 bits in 2 bytes");
    assert.is(await problem("/elsewhere"), "numbers that are in other files");
  }
  const virtual = await openHeaders(memorySource("virtual.h5", readFileSync(hdf5File("virtual.h5"))));
  assert.is(
    await virtual.problemAt(await addressIn("virtual.h5", "/x")),
    "a virtual dataset, whose numbers are in other files",
  );
});

test("no superblock, no header, a group: damage", async () => {
  const name = "headers-latest.h5";
  const bytes = readFileSync(hdf5File(name));
  const refuse = (run: () => Promise<unknown>, message: RegExp) =>
    assertRefused(() => decodedAsync("a.h5", run), message);
  await refuse(
    () => openHeaders(memorySource("a.h5", bytes.subarray(0, 1024))),
    /expected a superblock of an HDF5 file, got none/,
  );
  const headers = await openHeaders(memorySource("a.h5", bytes));
  await refuse(() => headers.problemAt(3), /a\.h5: expected the header of an object, got something else/);
  await refuse(() => headers.problemAt(2 ** 60), /expected/);
  const group = await addressIn(name, "/");
  await refuse(() => headers.problemAt(group), /expected the type of a dataset, got none/);
});

test("flipped bits end in an answer or a refusal", async () => {
  for (const name of ["headers-earliest.h5", "headers-latest.h5"]) {
    const address = await addressIn(name, "/records");
    const bytes = readFileSync(hdf5File(name));
    for (let seed = 0; seed < 400; seed++) {
      const at = 1024 + address;
      const damaged = memorySource("a.h5", withFlippedBit(bytes, seed, at, Math.min(bytes.length, at + 300)));
      await decodedAsync("a.h5", async () => (await openHeaders(damaged)).problemAt(address)).catch((error) =>
        assert.instance(error, FileError, `seed ${seed}: ${error}`),
      );
    }
  }
});

test.run();
