// Changes of one record, each made of what the screen shows, one after the other.

/**
 * What is asked for while another change is under way, or before its result is shown, is made of what that one left. What
 * somebody else wrote meanwhile is a conflict, as for any change that names the revision that was seen.
 */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();
  /** The revisions that changes of this screen left, without one of others between. */
  #first = 0;
  #newest = 0;

  /** Makes a change of the revision that was `seen`. */
  run<T extends { rev: number }>(seen: number, change: (ifRev: number) => Promise<T>): Promise<T> {
    const made = this.#last.then(async () => {
      const ifRev = this.#first <= seen && seen <= this.#newest ? this.#newest : seen;
      const changed = await change(ifRev);
      if (ifRev !== this.#newest) this.#first = ifRev;
      this.#newest = changed.rev;
      return changed;
    });
    this.#last = made.catch(() => undefined);
    return made;
  }
}
