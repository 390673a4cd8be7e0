// Speech in a line of text: what stands between quotation marks, with whatever is nested in it.
// Knows nothing of markdown: a piece is either text, where quotes count, or a node, where they do not.

export type Piece<N> = { text: string } | { node: N };

const CLOSING: Record<string, string> = { '"': '"', "“": "”", "„": "“", "«": "»", "「": "」", "『": "』" };
const MARK = /["“”„«»「」『』]/g;

/** Wraps each closed quotation by `wrap`; one that never closes stays as it is, unless the text is still `coming`. */
export function spoken<N>(pieces: Piece<N>[], wrap: (inside: (N | string)[]) => N, coming = false): (N | string)[] {
  const done: (N | string)[] = [];
  let open: { closing: string; inside: (N | string)[] } | undefined;
  const put = (part: N | string) => {
    if (part !== "") (open?.inside ?? done).push(part);
  };
  for (const piece of pieces) {
    if ("node" in piece) {
      put(piece.node);
      continue;
    }
    let from = 0;
    for (const { 0: mark, index } of piece.text.matchAll(MARK)) {
      if (open === undefined) {
        const closing = CLOSING[mark];
        if (closing === undefined) continue;
        put(piece.text.slice(from, index));
        open = { closing, inside: [] };
        from = index;
      } else if (mark === open.closing) {
        put(piece.text.slice(from, index + mark.length));
        const { inside } = open;
        open = undefined;
        done.push(wrap(inside));
        from = index + mark.length;
      }
    }
    put(piece.text.slice(from));
  }
  if (open !== undefined) done.push(...(coming ? [wrap(open.inside)] : open.inside));
  return done;
}
