// <ck-app>: the frame. Opens the keep, shows the screen that the address names, and holds what all
// screens share: navigation, import, notices, the offline chip.

import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { LightElement } from "../element";
import { codeOf, failure, sentence } from "../failure";
import { counted } from "../format";
import { icon, type IconName } from "../icon";
import type { Outcome, Progress } from "../intake/intake";
import { INTAKE, type IntakeRequest } from "../intake/request";
import { Keep, type Settings } from "../library";
import { NOTICE, notify, type Notice } from "../notice";
import { LEAVING } from "../place";
import { href, parse, type Route } from "../route";
import { saverOf } from "../saving";
import { Drop, type Dropped } from "./drop";
import type { GivenFolder } from "../folder/folder";
import { Install } from "./install";
import type { Notices } from "./notices";
import type { Report } from "./report";
import { AppWorker } from "./worker";
import "./notices";
import "../gallery/characters";
import { ERASE } from "../storage/asking";

const PLACES: { address: string; label: string; icon: IconName; screens: Route["screen"][] }[] = [
  { address: "#/", label: "Characters", icon: "characters", screens: ["gallery", "card"] },
  { address: "#/chats", label: "Chats", icon: "chats", screens: ["chats", "chat"] },
  { address: "#/worlds", label: "Worlds", icon: "worlds", screens: ["worlds", "world", "play"] },
  { address: "#/personas", label: "Personas", icon: "personas", screens: ["personas", "persona"] },
  { address: "#/settings", label: "Settings", icon: "settings", screens: ["settings", "storage", "folder", "lorebooks", "lorebook", "templates", "template", "campaigns", "campaign"] },
];

/** Screens that come when they are wanted; the others are there from the beginning. */
const LATER: Partial<Record<Route["screen"], () => Promise<unknown>>> = {
  chats: () => import("../gallery/chats"),
  card: () => import("../card/card"),
  chat: () => import("../chat/chat"),
  worlds: () => import("../gallery/worlds"),
  world: () => import("../world/world"),
  play: () => import("../play/play"),
  personas: () => import("../gallery/personas"),
  persona: () => import("../persona/persona"),
  lorebooks: () => import("../gallery/lorebooks"),
  lorebook: () => import("../lore/lorebook"),
  templates: () => import("../gallery/templates"),
  template: () => import("../template/template"),
  campaigns: () => import("../gallery/campaigns"),
  campaign: () => import("../campaign/campaign"),
  settings: () => import("../settings/settings"),
  storage: () => import("../storage/storage"),
  folder: () => import("../folder/folder"),
};

/** Where one goes from the first screen: fetched while the browser has nothing else to do, so that going there waits for nothing. */
const NEXT: Route["screen"][] = ["card", "chats", "chat"];

type Opening = { is: "opening" } | { is: "blocked" } | { is: "open"; keep: Keep } | { is: "failed"; what: string; error: unknown } | { is: "closed" } | { is: "erasing" };

/** The wait before the library is tried again while its second copy is shown. */
const AGAIN_MS = 1_000;

@customElement("ck-app")
export class App extends LightElement {
  @state() private opening: Opening = { is: "opening" };
  @state() private route: Route = parse(location.hash);
  /** The screen is on its way. */
  @state() private coming = false;
  /** Why the screen did not come. */
  @state() private missing: unknown;
  @state() private arriving = false;
  /** A newer version of the app has taken the library over while it was open here. */
  @state() private outgrown = false;
  @state() private progress: Progress | undefined;
  @query("ck-notices") private notices!: Notices;
  @query("ck-report") private report!: Report;
  readonly #worker = new AppWorker(this);
  readonly #install = new Install(this);
  /** Folders that came and were not looked at yet, for the screen that takes them in. */
  @state() private folders: GivenFolder[] = [];
  readonly #drop = new Drop(
    this,
    (dropped) => this.#intake({ files: [] }, dropped),
    (error) => notify(this, { text: `What was dropped could not be read: ${sentence(error)}`, tone: "bad" }),
  );
  /** Files are taken in one request after the other. */
  #queue: Promise<void> = Promise.resolve();
  #stop: AbortController | undefined;
  #cancel: AbortController | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    const { signal } = (this.#stop = new AbortController());
    // Screens know better where one was.
    history.scrollRestoration = "manual";
    addEventListener("hashchange", () => {
      dispatchEvent(new Event(LEAVING));
      this.route = parse(location.hash);
      this.arriving = true;
      void this.#fetch();
      scrollTo(0, 0);
    }, { signal });
    this.addEventListener(NOTICE, (event) => this.notices.show((event as CustomEvent<Notice>).detail), { signal });
    this.addEventListener(INTAKE, (event) => this.#intake((event as CustomEvent<IntakeRequest>).detail), { signal });
    this.addEventListener(ERASE, () => void this.#erase(), { signal });
    void this.#fetch();
    void this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
    if (this.opening.is === "open") void this.opening.keep.close();
  }

  /** Brings the screen of the address, where it is not there yet. */
  async #fetch(): Promise<void> {
    const { route } = this;
    const later = LATER[route.screen];
    this.missing = undefined;
    this.coming = later !== undefined && customElements.get(`ck-${route.screen}`) === undefined;
    if (!this.coming) return;
    try {
      await later?.();
    } catch (error) {
      if (this.route === route) this.missing = error;
    }
    if (this.route === route) this.coming = false;
  }

  async #erase(): Promise<void> {
    if (this.opening.is !== "open") return;
    const { keep } = this.opening;
    this.opening = { is: "erasing" };
    try {
      await keep.close();
      await Keep.erase(keep.name);
      location.hash = "#/";
      location.reload();
    } catch (error) {
      this.opening = { is: "failed", what: "Not everything could be deleted", error };
    }
  }

  async #open(): Promise<void> {
    if (this.opening.is !== "open") this.opening = { is: "opening" };
    try {
      const keep = await this.#first();
      if (keep === undefined) return void setTimeout(() => void this.#open(), AGAIN_MS);
      if (this.opening.is === "open") void this.opening.keep.close();
      keep.addEventListener("closed", () => {
        if (this.opening.is !== "erasing") this.opening = { is: "closed" };
      });
      keep.addEventListener("access", () => (this.outgrown = true));
      keep.addEventListener("change", (event) => {
        if ((event as CustomEvent<{ domain: string }>).detail.domain === "settings") void this.#theme(keep);
      });
      await this.#theme(keep);
      this.#tellFailures(keep);
      this.opening = { is: "open", keep };
      // A banner that comes a moment later; where it does not come, the next start asks again.
      import("./drafts").catch(() => undefined);
      fetchAhead();
    } catch (error) {
      this.opening = { is: "failed", what: "Your library could not be opened", error };
    }
  }

  /** The library; nothing while other tabs keep it from opening and the second copy is open in its place. */
  async #first(): Promise<Keep | undefined> {
    try {
      return await Keep.open({ onBlocked: () => void this.#aside() });
    } catch (error) {
      const waits = ["blocked", "timeout"].includes(codeOf(error) ?? "");
      if (waits && (await this.#aside())) return undefined;
      return Keep.open({ fallback: "memory" });
    }
  }

  /** Opens the second copy, to be read meanwhile. False when there is none. */
  async #aside(): Promise<boolean> {
    if (this.opening.is === "open") return true;
    this.opening = { is: "blocked" };
    const copy = await Keep.open({ medium: "second-copy" }).catch(() => undefined);
    if (copy === undefined) return false;
    // The library itself may have been faster.
    if (this.#opened()) void copy.close();
    else this.opening = { is: "open", keep: copy };
    return true;
  }

  #opened(): boolean {
    return this.opening.is === "open";
  }

  /** Each record once, however often it is tried: its screen may be gone. */
  #tellFailures(keep: Keep): void {
    const told = new Set<string>();
    const saver = saverOf(keep);
    saver.addEventListener("saved", ({ detail }) => told.delete(`${detail.domain} ${detail.id}`));
    saver.addEventListener("state", () => {
      for (const { domain, id, error } of saver.pending) {
        if (error === undefined || told.has(`${domain} ${id}`)) continue;
        told.add(`${domain} ${id}`);
        notify(this, { text: `Not saved: ${sentence(error)}`, tone: "bad" });
      }
    });
  }

  async #theme(keep: Keep): Promise<void> {
    const { theme }: Settings = await keep.settings.get();
    document.documentElement.dataset.theme = theme;
  }

  #intake(request: IntakeRequest, dropped: Dropped[] = []): void {
    this.#queue = this.#queue.then(() => this.#take(request, dropped));
  }

  /** What takes files in is fetched with the first ones. Folders go to their own screen, where one sees first what is in them. */
  async #take(request: IntakeRequest, dropped: Dropped[]): Promise<void> {
    if (this.opening.is !== "open") return notify(this, { text: "The library is not open. Nothing was imported; try again in a moment", tone: "bad" });
    const { keep } = this.opening;
    const progress = (now?: Progress) => (this.progress = now);
    const { signal } = (this.#cancel = new AbortController());
    progress({ done: 0, total: request.files.length, name: "" });
    try {
      const { arrive } = await import("../intake/arrival");
      const outcomes = await arrive(keep, request, dropped, { progress, signal });
      if (outcomes === undefined) return notify(this, { text: "Nothing was imported" });
      await this.#tell(keep, outcomes);
      if (outcomes.some(({ was }) => was === "added")) this.#install.offer();
    } catch (error) {
      notify(this, { text: `Import stopped: ${sentence(error)}`, tone: "bad" });
    } finally {
      this.progress = undefined;
    }
  }

  /** One good file is worth a sentence, folders alone their screen, everything else a list. */
  async #tell(keep: Keep, outcomes: Outcome[]): Promise<void> {
    const folders = outcomes.filter((outcome) => outcome.was === "folder");
    this.folders = [...this.folders, ...folders];
    if (folders.length > 0 && folders.length === outcomes.length) return void (location.hash = "#/folder");
    const plain = outcomes.every((outcome) => outcome.was === "backup" ? outcome.complete : outcome.was === "added" && outcome.warnings.length === 0 && outcome.like.length === 0);
    const [only] = outcomes;
    if (plain && outcomes.length === 1 && only !== undefined && "id" in only) {
      return notify(this, {
        text: `“${only.title}” added`,
        action: { label: "Open", run: () => void (location.hash = href(only.kind, only.id)) },
      });
    }
    const { summary } = await import("./report");
    if (!plain || only === undefined) return void this.report.show(keep, outcomes);
    notify(this, { text: summary(outcomes) });
  }

  override render(): TemplateResult {
    return html`
      <a class="skip" href="#main" @click=${this.#skip}>Skip to content</a>
      <nav class="rail" aria-label="Main">
        <a class="brand" href="#/"><span class="mark" aria-hidden="true"></span>cardkeep</a>
        <ul>${PLACES.map((place) => html`<li>
          <a href=${place.address} aria-current=${place.screens.includes(this.route.screen) ? "page" : nothing}>
            ${icon(place.icon)}<span>${place.label}</span>
          </a></li>`)}
        </ul>
        ${this.#chip()}
      </nav>
      <main id="main" tabindex="-1" data-screen=${this.route.screen}>
        ${this.#banner()}
        ${this.#body()}
      </main>
      ${this.#drop.hovering ? html`<div class="drop" aria-hidden="true"><p>${icon("import")}Drop to import</p></div>` : nothing}
      ${this.progress ? this.#progress(this.progress) : nothing}
      ${this.#worker.waiting
        ? html`<div class="update" role="status">New version ready
            <button type="button" class="link" @click=${() => this.#worker.accept()}>Reload</button></div>`
        : nothing}
      <ck-notices></ck-notices>
      <ck-report></ck-report>
    `;
  }

  #chip() {
    const { offline, ready } = this.#worker;
    if (offline) return html`<p class="chip" data-is="offline" role="status">${icon("offline")}Offline: everything works</p>`;
    if (ready) return html`<p class="chip" data-is="ready" role="status">${icon("check")}Ready to work offline</p>`;
    return nothing;
  }

  #progress({ done, total, name, looking }: Progress) {
    return html`<div class="importing" role="status">
      <span dir="auto">${looking ? "Looking at" : "Importing"}${total > 1 ? ` ${done + 1} of ${total}` : ""}${name ? `: ${name}` : "…"}</span>
      <progress aria-label="Import" max=${total} .value=${done}></progress>
      ${total > 1 ? html`<button type="button" class="link" @click=${() => this.#cancel?.abort()}>${looking ? "Stop" : "Stop after this one"}</button>` : nothing}
    </div>`;
  }

  #banner() {
    if (this.opening.is !== "open") return nothing;
    const { access, report } = this.opening.keep;
    return html`
      <ck-drafts .keep=${this.opening.keep}></ck-drafts>
      ${report.fallback
        ? html`<p class="banner" role="alert"><strong>Nothing is kept.</strong> This browser gives no storage here, perhaps because
            the window is private. What you make ends with this page; export it before you close it.</p>`
        : nothing}
      ${!this.outgrown && access.mode === "read-only" && access.reason === "too-new"
        ? html`<p class="banner" role="status"><strong>Read-only.</strong> This library was written by a newer version
            (${access.stored}; this one knows ${access.supported}). Reading and exporting work; update the app to change things.</p>`
        : nothing}
      ${access.mode === "read-only" && access.reason === "second-copy"
        ? html`<p class="banner" role="status"><strong>Read-only for now.</strong> Another tab of this app holds the library. You can read and
            export; close the other tabs, and it goes on by itself.
            ${report.incomplete ? html`<strong>Some of what was saved is missing in this copy.</strong>` : nothing}</p>`
        : nothing}
      ${access.mode === "read-only" && access.reason === "rolled-back"
        ? html`<p class="banner" role="alert"><strong>Read-only.</strong> Another tab took this library back to an older format
            (${access.stored}), for an older version of the app. Close this tab; opened again here, everything is upgraded anew.</p>`
        : nothing}
      ${this.outgrown && access.mode === "read-only" && access.reason === "too-new"
        ? html`<p class="banner" role="alert"><strong>Read-only.</strong> A newer version of the app has taken this library over. What you
            typed here and could not be saved is remembered; <button type="button" class="link" @click=${() => location.reload()}>reload</button> to go on.</p>`
        : nothing}
      ${report.recovered
        ? html`<p class="banner" role="status"><strong>Recovered.</strong> The browser had lost
            ${report.recovered.wiped ? "the whole library" : "a part of your library"}. It was put back from the second copy:
            ${counted(report.recovered.rows, "record")}.</p>`
        : nothing}
      ${report.migrated && report.migrated.quarantined > 0
        ? html`<p class="banner" role="status">${counted(report.migrated.quarantined, "record")} could not be brought to the new format.
            They are kept as they were, <a href="#/storage">in quarantine</a>.</p>`
        : nothing}
    `;
  }

  #body() {
    switch (this.opening.is) {
      case "opening":
        return html`<p class="wait" role="status">Opening your library…</p>`;
      case "blocked":
        return html`<section class="failure" role="alert">
          <h1>Another tab holds the old version</h1>
          <p>Close the other tabs of this app. It goes on by itself as soon as they are closed; nothing is lost.</p>
        </section>`;
      case "closed":
        return html`<section class="failure" role="alert">
          <h1>The library was closed</h1>
          <p>Another tab runs a newer version of the app, or has deleted everything.</p>
          <button type="button" class="button main" @click=${() => location.reload()}>Reload</button>
        </section>`;
      case "failed":
        return failure(this.opening.what, this.opening.error, () => void this.#open());
      case "erasing":
        return html`<p class="wait" role="status">Deleting everything…</p>`;
      case "open":
        if (this.missing !== undefined) {
          return html`<section class="failure" role="alert">
            <h1>This screen could not be loaded</h1>
            <p>There is no connection, or the app was updated in another tab. What you wrote is saved.</p>
            <button type="button" class="button main" @click=${() => location.reload()}>Reload</button>
          </section>`;
        }
        if (this.coming) return html`<p class="wait" role="status">Loading…</p>`;
        // A new address is a new element: no screen has to change from one record to another.
        return keyed(this.opening.keep, html`${keyed(this.route, this.#screen(this.opening.keep))}`);
    }
  }

  #screen(keep: Keep) {
    const { route, arriving } = this;
    switch (route.screen) {
      case "gallery":
        return html`<ck-characters .keep=${keep} .arriving=${arriving}></ck-characters>`;
      case "chats":
        return html`<ck-chats .keep=${keep} .arriving=${arriving}></ck-chats>`;
      case "worlds":
        return html`<ck-worlds .keep=${keep} .arriving=${arriving}></ck-worlds>`;
      case "personas":
        return html`<ck-personas .keep=${keep} .arriving=${arriving}></ck-personas>`;
      case "card":
        return html`<ck-card .keep=${keep} .record=${route.id} .arriving=${arriving}></ck-card>`;
      case "chat":
        return html`<ck-chat .keep=${keep} .record=${route.id} .arriving=${arriving}></ck-chat>`;
      case "world":
        return html`<ck-world .keep=${keep} .record=${route.id} .arriving=${arriving}></ck-world>`;
      case "play":
        return html`<ck-play .keep=${keep} .record=${route.id} .arriving=${arriving}></ck-play>`;
      case "persona":
        return html`<ck-persona .keep=${keep} .record=${route.id} .arriving=${arriving}></ck-persona>`;
      case "settings":
        return html`<ck-settings .keep=${keep} .arriving=${arriving}></ck-settings>`;
      case "storage":
        return html`<ck-storage .keep=${keep} .arriving=${arriving}></ck-storage>`;
      case "lorebooks":
        return html`<ck-lorebooks .keep=${keep} .arriving=${arriving}></ck-lorebooks>`;
      case "templates":
        return html`<ck-templates .keep=${keep} .arriving=${arriving}></ck-templates>`;
      case "campaigns":
        return html`<ck-campaigns .keep=${keep} .arriving=${arriving}></ck-campaigns>`;
      case "campaign":
        return html`<ck-campaign .keep=${keep} .record=${route.id} .arriving=${arriving}></ck-campaign>`;
      case "lorebook":
        return html`<ck-lorebook .keep=${keep} .record=${route.id} .arriving=${arriving}></ck-lorebook>`;
      case "template":
        return html`<ck-template .keep=${keep} .record=${route.id} .arriving=${arriving}></ck-template>`;
      case "folder":
        return html`<ck-folder .keep=${keep} .given=${this.folders} .taken=${this.#lookedAt} .arriving=${arriving}></ck-folder>`;
      case "unknown":
        return html`<section class="empty"><h1>Nothing here</h1><p>There is no screen at this address.</p>
          <a class="button" href="#/">To your characters</a></section>`;
    }
  }

  readonly #lookedAt = (folder: GivenFolder): void => void (this.folders = this.folders.filter((one) => one !== folder));

  /** The hash is the route, so the skip link moves the focus itself. */
  readonly #skip = (event: Event): void => {
    event.preventDefault();
    this.querySelector<HTMLElement>("main")?.focus();
  };
}

function fetchAhead(): void {
  // One that does not come now is fetched again when it is wanted, and says so then.
  const fetchAll = () => void Promise.allSettled(NEXT.map((screen) => LATER[screen]?.()));
  if ("requestIdleCallback" in window) requestIdleCallback(fetchAll, { timeout: 3_000 });
  else setTimeout(fetchAll, 500);
}
