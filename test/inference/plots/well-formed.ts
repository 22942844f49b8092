const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[a-zA-Z:-]+="[^"<]*")*)\s*(\/?)>/y;
const TEXT = /(?:[^<&]|&(?:amp|lt|gt|quot|#39);)+/y;
const ATTRIBUTE_VALUE = /^(?:[^&]|&(?:amp|lt|gt|quot|#39);)*$/;

/** Throws unless the markup is balanced tags, quoted attributes and known entities throughout. */
export function requireWellFormed(markup: string): void {
  const open: string[] = [];
  let at = 0;
  while (at < markup.length) {
    TAG.lastIndex = TEXT.lastIndex = at;
    const tag = TAG.exec(markup);
    if (tag === null) {
      if (!TEXT.test(markup)) throw new Error(`not well-formed at ${at}: ${markup.slice(at, at + 60)}`);
      at = TEXT.lastIndex;
      continue;
    }
    at = TAG.lastIndex;
    const [, close, name, attributes, empty] = tag;
    if (!ATTRIBUTE_VALUE.test(attributes!)) throw new Error(`bare ampersand in ${tag[0]}`);
    if (close === "/") {
      if (open.pop() !== name) throw new Error(`</${name}> closes another element, at ${at}`);
    } else if (empty !== "/") open.push(name!);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(", ")}`);
}
