/**
 * What h5wasm does not say of a dataset, from its header in the file: whether its numbers are those of a machine, and where they are.
 * HDF5 File Format Specification 3.0: II.A superblock, IV.A object headers, IV.A.2 their messages.
 */
import { Damage } from "../damage.js";
import type { ByteSource } from "../source.js";
import { oddNumbers } from "./datatype-message.js";

const MESSAGES = { datatype: 3, externalFiles: 7, layout: 8, continuation: 16 } as const;
const VIRTUAL = 3;
const IS_SHARED = 2;
/** A header has one block for each time that it grew. */
const MOST_BLOCKS = 2 ** 12;

interface Message {
  readonly type: number;
  readonly flags: number;
  readonly data: DataView;
}

/** Objects of a file. */
export interface ObjectHeaders {
  /** Why what h5wasm gives of the dataset would be wrong; undefined where it is right. */
  readonly problemAt: (address: number) => Promise<string | undefined>;
}

export async function openHeaders(source: ByteSource): Promise<ObjectHeaders> {
  const { base, offsetBytes, lengthBytes } = await superblockOf(source);
  const viewAt = async (address: number, length: number) => {
    const bytes = await source.read(base + address, Math.min(length, source.size - base - address));
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };

  async function messagesAt(address: number): Promise<Message[]> {
    const start = await viewAt(address, MOST_PREFIX);
    const isNew = textAt(start, 0) === "OHDR";
    const first = isNew ? newHeader(start, address) : oldHeader(start, address);
    const blocks = [first];
    const messages: Message[] = [];
    for (let i = 0; i < blocks.length; i++) {
      if (i > MOST_BLOCKS) throw new Damage({ expected: "a header of some blocks", got: `more than ${MOST_BLOCKS}` });
      const { at, bytes } = blocks[i]!;
      const view = await viewAt(at, bytes);
      if (isNew && i > 0 && textAt(view, 0) !== "OCHK")
        throw new Damage({ expected: "the next block of a header", got: "something else" });
      const own = messagesIn(view, isNew, first.hasOrder, isNew && i > 0 ? 4 : 0);
      messages.push(...own);
      for (const { type, data } of own) {
        if (type !== MESSAGES.continuation) continue;
        const length = uintAt(data, offsetBytes, lengthBytes);
        // Behind the messages of a new block is their checksum.
        blocks.push({ at: uintAt(data, 0, offsetBytes), bytes: isNew ? length - 4 : length, hasOrder: first.hasOrder });
      }
    }
    return messages;
  }

  async function datatypeAt(address: number, depth = 0): Promise<DataView | undefined> {
    const message = (await messagesAt(address)).find(({ type }) => type === MESSAGES.datatype);
    if (message === undefined || depth > 1) throw new Damage({ expected: "the type of a dataset", got: "none" });
    const { flags, data } = message;
    if ((flags & IS_SHARED) === 0) return data;
    const [version, kind] = [data.getUint8(0), data.getUint8(1)];
    // In a table of messages that objects share.
    if (version === 3 && kind === 1) return undefined;
    return datatypeAt(uintAt(data, version === 1 ? 8 : 2, offsetBytes), depth + 1);
  }

  return {
    problemAt: async (address) => {
      const messages = await messagesAt(address);
      if (messages.some(({ type }) => type === MESSAGES.externalFiles)) return "numbers that are in other files";
      const layout = messages.find(({ type }) => type === MESSAGES.layout)?.data;
      if (layout !== undefined && layout.getUint8(layout.getUint8(0) < 3 ? 2 : 1) === VIRTUAL)
        return "a virtual dataset, whose numbers are in other files";
      const type = await datatypeAt(address);
      return type === undefined ? "a type in a table of shared messages" : oddNumbers(type);
    },
  };
}

const SIGNATURE = "\x89HDF\r\n\x1a\n";

/** At the start, or behind a block of the user's, whose length is a power of 2. */
async function superblockOf(source: ByteSource): Promise<{ base: number; offsetBytes: number; lengthBytes: number }> {
  for (let base = 0; base + 16 <= source.size; base = base === 0 ? 512 : 2 * base) {
    const bytes = await source.read(base, 16);
    if (Buffer.from(bytes.subarray(0, 8)).toString("latin1") !== SIGNATURE) continue;
    const at = bytes[8]! < 2 ? 13 : 9;
    const [offsetBytes, lengthBytes] = [bytes[at]!, bytes[at + 1]!];
    if ([2, 4, 8].includes(offsetBytes) && [2, 4, 8].includes(lengthBytes)) return { base, offsetBytes, lengthBytes };
  }
  throw new Damage({ expected: "a superblock of an HDF5 file", got: "none" });
}

interface Block {
  readonly at: number;
  readonly bytes: number;
  /** Messages say when they were made. */
  readonly hasOrder: boolean;
}

const MOST_PREFIX = 34;

function newHeader(start: DataView, address: number): Block {
  const flags = start.getUint8(5);
  const at = 6 + ((flags & 0x20) !== 0 ? 16 : 0) + ((flags & 0x10) !== 0 ? 4 : 0);
  const width = 1 << (flags & 3);
  return { at: address + at + width, bytes: uintAt(start, at, width), hasOrder: (flags & 4) !== 0 };
}

function oldHeader(start: DataView, address: number): Block {
  if (start.byteLength < 16 || start.getUint8(0) !== 1)
    throw new Damage({ expected: "the header of an object", got: "something else" });
  return { at: address + 16, bytes: start.getUint32(8, true), hasOrder: false };
}

function messagesIn(view: DataView, isNew: boolean, hasOrder: boolean, begin: number): Message[] {
  const messages: Message[] = [];
  const head = isNew ? (hasOrder ? 6 : 4) : 8;
  for (let at = begin; at + head <= view.byteLength; ) {
    const type = isNew ? view.getUint8(at) : view.getUint16(at, true);
    const length = view.getUint16(at + (isNew ? 1 : 2), true);
    const flags = view.getUint8(at + (isNew ? 3 : 4));
    if (at + head + length > view.byteLength)
      throw new Damage({ expected: "a message within its block", got: `one of ${length} bytes` });
    messages.push({ type, flags, data: new DataView(view.buffer, view.byteOffset + at + head, length) });
    at += head + length;
  }
  return messages;
}

const textAt = (view: DataView, at: number) =>
  view.byteLength < at + 4 ? "" : String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

/** An unsigned integer of some bytes. Places beyond 2^53 lie in no file: what reads there says so. */
function uintAt(view: DataView, at: number, bytes: number): number {
  if (at + bytes > view.byteLength) throw new Damage({ expected: `${bytes} bytes`, got: "the end of a message" });
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + view.getUint8(at + i);
  return value;
}
