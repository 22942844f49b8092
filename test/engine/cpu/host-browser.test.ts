/** Workers of a page, played by objects: the first kind that loads is taken, and hears all that was posted. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { host } from "../../../engine/cpu/host-browser.js";

type Listener = (event: { readonly data?: unknown; readonly message?: string }) => void;

/** A worker as the page sees it. */
class Played {
  readonly posted: unknown[] = [];
  private readonly listeners = new Map<string, Listener>();
  isOver = false;

  constructor(readonly url: string) {}

  postMessage(message: unknown): void {
    this.posted.push(message);
  }

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, listener);
  }

  terminate(): void {
    this.isOver = true;
  }

  fire(type: string, event: { readonly data?: unknown; readonly message?: string } = {}): void {
    this.listeners.get(type)?.(event);
  }
}

/** Runs the body on a page that makes such workers, or refuses them. */
async function onPage(refuses: (url: string) => boolean, body: (made: Played[]) => Promise<void>): Promise<void> {
  const made: Played[] = [];
  const global = globalThis as unknown as { Worker?: unknown };
  const before = global.Worker;
  global.Worker = class extends Played {
    constructor(url: URL | string) {
      super(String(url));
      if (refuses(this.url)) throw new Error("refused by the page");
      made.push(this);
    }
  };
  try {
    await body(made);
  } finally {
    global.Worker = before;
  }
}

const isBlob = (url: string) => url.startsWith("blob:");

/** A worker of the host, with all that it says. */
function started() {
  const worker = host.startWorker<string, string, string>("start");
  const heard: string[] = [];
  worker.onReply((reply) => heard.push(reply));
  worker.onFailure(({ message }) => heard.push(`failure: ${message}`));
  return { worker, heard };
}

test("a worker of text is started first, and follows messages in order", () =>
  onPage(
    () => false,
    async (made) => {
      const { worker, heard } = started();
      worker.post("first");
      const [own, ...others] = made;
      assert.equal(others, []);
      assert.ok(isBlob(own!.url));
      assert.equal(own!.posted, ["start", "first"]);
      own!.fire("message", { data: "reply" });
      own!.fire("error", { message: "a bug" });
      own!.fire("messageerror");
      assert.equal(heard, ["reply", "failure: a bug", "failure: internal: a worker sent what could not be read"]);
      await worker.terminate();
      assert.ok(own!.isOver);
    },
  ));

for (const [how, refuses] of [
  ["refused at once", isBlob],
  ["refused later", () => false],
] as const) {
  test(`where text is ${how}, the file is loaded, and hears all that was posted before`, () =>
    onPage(refuses, async (made) => {
      const { worker, heard } = started();
      worker.post("first");
      // An event without a message says that the text was not loaded.
      if (how === "refused later") made[0]!.fire("error");
      const file = made.at(-1)!;
      assert.match(file.url, /\/worker\.js$/);
      worker.post("second");
      assert.equal(file.posted, ["start", "first", "second"]);
      file.fire("message", { data: "reply" });
      assert.equal(heard, ["reply"]);
    }));
}

test("where neither loads, the failure says what to allow", () =>
  onPage(
    () => true,
    async () => {
      const { heard } = started();
      await Promise.resolve();
      assert.is(heard.length, 1);
      assert.match(
        heard[0]!,
        /^failure: cpu backend: expected a page that lets its worker start from a Blob, .* got neither\. Allow the former/,
      );
    },
  ));

test.run();
