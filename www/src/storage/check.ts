// <ck-check>: looks through everything that is stored, and mends what is wrong. Tells with `checked` when it is done.

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LightElement } from "../element";
import { sentence } from "../failure";
import { ago, count, counted } from "../format";
import type { CheckProgress, CheckReport, Finding, Health, Keep, RepairReport } from "../library";
import { became, remedy, whose, wrong } from "./words";

type Doing =
  | { is: "nothing" }
  | { is: "running"; progress: CheckProgress | undefined; paused: boolean }
  | { is: "checked"; report: CheckReport }
  | { is: "repaired"; report: RepairReport }
  | { is: "failed"; error: unknown };

@customElement("ck-check")
export class Check extends LightElement {
  @property({ attribute: false }) keep!: Keep;
  @property({ attribute: false }) last: Health["lastCheck"];
  @state() private doing: Doing = { is: "nothing" };
  #stop: AbortController | undefined;
  #resume: (() => void) | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
    this.#goOn();
  }

  override render() {
    return html`<section class="panel" aria-label="Check">
      <h2>Check everything</h2>
      <p>${this.last === undefined
        ? "Nothing was checked yet. A check reads every record and every file, and compares them with their checksums and the second copy."
        : `The last check was ${ago(this.last.at)}: ${counted(this.last.records, "record")}, ${this.last.findings === 0 ? "nothing wrong" : counted(this.last.findings, "problem")}.`}</p>
      ${this.#body()}
    </section>`;
  }

  #body() {
    const { doing } = this;
    if (doing.is === "running") return this.#running(doing);
    const again = html`<button type="button" class="button" @click=${() => void this.#check()}>Check now</button>`;
    switch (doing.is) {
      case "nothing":
        return again;
      case "failed":
        return html`<p role="alert">The check stopped: ${sentence(doing.error)}</p>${again}`;
      case "checked":
        return this.#found(doing.report, again);
      case "repaired":
        return html`<p role="status">Done. All records were copied before.</p>
          <ul class="rows">${doing.report.items.map((item) => html`<li>
            <span><strong>${became(item)}</strong> <span class="quiet">${whose(item)}: ${item.outcome === "repaired" ? remedy(item) : item.message}</span></span></li>`)}</ul>${again}`;
    }
  }

  #running({ progress, paused }: Extract<Doing, { is: "running" }>) {
    return html`<div class="checking" role="status">
      <progress aria-label="Check" max=${progress?.total ?? 1} .value=${progress?.done ?? 0}></progress>
      <span>${progress === undefined ? "Beginning…" : `${count(progress.done)} of ${count(progress.total)}${progress.findings > 0 ? `, ${counted(progress.findings, "problem")}` : ""}`}</span>
      <span class="tools">
        <button type="button" class="button small" @click=${() => this.#pause(!paused)}>${paused ? "Go on" : "Pause"}</button>
        <button type="button" class="button small" @click=${() => this.#cancel()}>Stop</button>
      </span>
    </div>`;
  }

  #found({ findings, records, versions, contents }: CheckReport, again: TemplateResult) {
    if (findings.length === 0) {
      return html`<p role="status">Everything is whole: ${counted(records, "record")}, ${counted(versions, "older version")} and ${counted(contents, "content")} were read.</p>${again}`;
    }
    const writable = this.keep.access.mode === "read-write";
    return html`<p role="status">${counted(findings.length, "problem")} found.</p>
      <ul class="rows findings">${findings.slice(0, 100).map((finding) => html`<li data-code=${finding.code}>
        <span><strong>${wrong(finding)}</strong> <span class="quiet">${finding.message}. When repaired: ${remedy(finding)}.</span></span></li>`)}</ul>
      ${findings.length > 100 ? html`<p class="quiet">And ${count(findings.length - 100)} more.</p>` : nothing}
      <p class="tools"><button type="button" class="button main" ?disabled=${!writable} @click=${() => void this.#repair(findings)}>Repair</button>${again}</p>`;
  }

  readonly #told = (progress: CheckProgress): Promise<void> | undefined => {
    const { doing } = this;
    const paused = doing.is === "running" && doing.paused;
    this.doing = { is: "running", progress, paused };
    return paused ? new Promise((resolve) => (this.#resume = resolve)) : undefined;
  };

  #pause(paused: boolean): void {
    if (this.doing.is === "running") this.doing = { ...this.doing, paused };
    if (!paused) this.#goOn();
  }

  #goOn(): void {
    this.#resume?.();
    this.#resume = undefined;
  }

  #cancel(): void {
    this.#stop?.abort();
    this.#goOn();
  }

  async #check(): Promise<void> {
    await this.#run(async (signal) => ({ is: "checked", report: await this.keep.check({ full: true, signal, onProgress: this.#told }) }));
  }

  async #repair(findings: Finding[]): Promise<void> {
    await this.#run(async (signal) => ({ is: "repaired", report: await this.keep.repair(findings, { signal, onProgress: this.#told }) }));
  }

  async #run(work: (signal: AbortSignal) => Promise<Doing>): Promise<void> {
    const { signal } = (this.#stop = new AbortController());
    this.doing = { is: "running", progress: undefined, paused: false };
    try {
      this.doing = await work(signal);
    } catch (error) {
      this.doing = signal.aborted ? { is: "nothing" } : { is: "failed", error };
    }
    this.dispatchEvent(new Event("checked"));
  }
}
