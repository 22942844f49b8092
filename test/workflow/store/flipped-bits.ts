/** Files with one bit changed. */
import { readFileSync, writeFileSync } from "node:fs";
import { randomNumbers } from "../../support/random-numbers.js";

/** Every single-bit change of a file, one after another, then the file as it was. */
export async function forEachFlip(file: string, bits: Iterable<number>, look: (where: string) => Promise<void>) {
  const whole = readFileSync(file);
  for (const bit of bits) {
    const bytes = Buffer.from(whole);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    writeFileSync(file, bytes);
    await look(`bit ${bit & 7} of byte ${bit >> 3} of ${whole.length}`);
  }
  writeFileSync(file, whole);
}

/** One bit of every byte, now a high one, now a low one. */
export const everyByte = (file: string) => Array.from(readFileSync(file), (_, byte) => 8 * byte + ((5 * byte) & 7));

/** Of the length, the header and the data each, this many bits chosen at random with a seed. */
export function someBits(file: string, count: number): number[] {
  const bytes = readFileSync(file);
  const header = 8 + Number(bytes.readBigUInt64LE());
  const random = randomNumbers(3);
  const among = (from: number, to: number, many: number) =>
    Array.from({ length: many }, () => 8 * from + Math.floor(random() * 8 * (to - from)));
  return [...Array(64).keys(), ...among(8, header, count), ...among(header, bytes.length, count)];
}
