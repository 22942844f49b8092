/** stdout or stderr of the process, which may fail at any time: a pipe whose reader has ended, a full device. */
export class OutputStream {
  private failure: NodeJS.ErrnoException | undefined;

  constructor(
    private readonly name: string,
    private readonly stream: NodeJS.WriteStream,
  ) {
    // Every write hears of its own failure below; without a listener the first would end the process.
    stream.on("error", () => {});
  }

  write(text: string): void {
    if (this.failure !== undefined) return;
    this.stream.write(text, (error) => {
      this.failure ??= error ?? undefined;
    });
  }

  get shape() {
    const { isTTY, columns } = this.stream;
    return { isTerminal: isTTY === true, width: columns ?? 80 };
  }

  /** Resolves when all that was written has left the process or failed to, with what to say of it. */
  async complaint(): Promise<string | undefined> {
    await new Promise<void>((resolve) => this.stream.write("", () => resolve()));
    // Who closes a pipe (`unbinned … | head`) has read enough.
    if (this.failure === undefined || this.failure.code === "EPIPE") return undefined;
    return `unbinned: ${this.name}: expected to write all of the text there, got ${this.failure.message}. Send it elsewhere and give the command again`;
  }
}
