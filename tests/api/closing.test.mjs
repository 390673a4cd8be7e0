// A keep that is closed while everything is under way, in a real browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHROMIUM, onePage } from "./pages.mjs";

describe("a keep that is closed in the middle of saves", () => {
  const at = onePage();

  test("has what was saved, nothing that the second copy lacks, and every call of it ends", CHROMIUM, async () => {
    await at.browser.go(at.server.url);
    for (let round = 0; round < 8; round += 1) {
      const seen = await at.browser.run(async (round) => {
        const { Keep } = await import("/index.js");
        const unhandled = [];
        const note = ({ reason }) => unhandled.push(String(reason));
        addEventListener("unhandledrejection", note);
        const keep = await Keep.open({ name: "closing" });
        const { id } = await keep.chats.create({ title: `Round ${round}` });
        const chat = await keep.chats.open(id);
        const said = [];
        const put = [];
        const ends = [];
        const again = async (work) => {
          for (let n = 0; ; n += 1) {
            const failed = await work(n).then(() => undefined, ({ code, message }) => code ?? message);
            if (failed !== undefined) return void ends.push(failed);
          }
        };
        const name = (n) => `n${round}-${n}`;
        const work = [
          again(async (n) => said.push((await chat.append({ name: "You", role: "user", text: name(n) }), name(n)))),
          again((n) => keep.characters.put({ name: name(n) }, { id: "same" })),
          again(async (n) => {
            await keep.transaction(["worlds", "lorebooks"], async (tx) => {
              await tx.worlds.create(name(n));
              await tx.lorebooks.put({ name: name(n), entries: [] }, { id: name(n) });
            });
            put.push(name(n));
          }),
          again((n) => keep.settings.patch({ pageSize: 10 + (n % 50) })),
          again(() => keep.check({ full: true })),
          again(() => keep.backups.create({ reason: "closing" })),
          again(() => keep.health()),
        ];
        keep.live(() => keep.characters.list()).subscribe(() => undefined, () => undefined);
        await new Promise((wait) => setTimeout(wait, 30 + ((round * 37) % 150)));
        await Promise.all([keep.close(), keep.close()]);
        await Promise.all(work);
        const opened = await Keep.open({ name: "closing" });
        const texts = [];
        for await (const { text } of (await opened.chats.open(id)).messages()) texts.push(text);
        const lost = said.filter((text) => !texts.includes(text));
        for (const id of put) if ((await opened.lorebooks.get(id)) === undefined) lost.push(id);
        const found = (await opened.check({ full: true })).findings;
        // A burst whose end nobody knows has the second copy made anew, whatever came of it.
        const findings = found.filter(({ message }) => !message.includes("is being completed"));
        for (const { id } of await opened.backups.list()) await opened.backups.delete(id);
        await opened.close();
        removeEventListener("unhandledrejection", note);
        return { lost, findings, unhandled, ends: [...new Set(ends)] };
      }, round);
      assert.deepEqual(seen, { lost: [], findings: [], unhandled: [], ends: ["closed"] }, `round ${round}`);
    }
  });
});
