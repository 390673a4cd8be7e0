// Message and card text as templates. marked's lexer gives tokens, each token becomes a lit
// template, and no HTML string exists on the way: markup in the text appears as the text it is.

import { Lexer, type MarkedToken, type Token } from "marked";
import { html, nothing, type TemplateResult } from "lit";
import { spoken, type Piece } from "./speech";

/** Longer texts are shown as they are: the lexer is not linear on everything that people paste. */
const LONGEST = 60_000;

/** Nesting that is still rendered as such. */
const DEEPEST = 20;

type Rendered = TemplateResult | string | typeof nothing;

/** The whole text, as blocks. What is said last in one that is still `coming` is speech before it closes. */
export function prose(text: string, coming = false): TemplateResult {
  return html`<div class="prose" dir="auto">${blocks(text, coming)}</div>`;
}

function blocks(text: string, coming: boolean): Rendered | Rendered[] {
  if (text.length > LONGEST) return plain(text);
  try {
    return new Lexer({ gfm: true, breaks: true }).lex(text).map((token, n, all) => block(token, 0, coming && n === all.length - 1));
  } catch {
    // The lexer recurses; a text nested deeper than its stack is still readable as it is.
    return plain(text);
  }
}

function plain(text: string): TemplateResult {
  return html`<p class="plain">${text}</p>`;
}

function block(any: Token, depth: number, coming = false): Rendered {
  if (depth > DEEPEST) return plain(any.raw);
  const token = any as MarkedToken;
  const below = (tokens: Token[]) => tokens.map((inner) => block(inner, depth + 1));
  switch (token.type) {
    case "space":
    case "def":
      return nothing;
    case "paragraph":
      return html`<p>${inline(token.tokens, depth, coming)}</p>`;
    case "heading":
      // The page's own headings are the outline; a heading in a message is only loud.
      return html`<p class="loud" data-depth=${token.depth}>${inline(token.tokens, depth)}</p>`;
    case "text":
      return html`<p>${token.tokens ? inline(token.tokens, depth) : token.text}</p>`;
    case "code":
      return html`<pre><code>${token.text}</code></pre>`;
    case "blockquote":
      return html`<blockquote>${below(token.tokens)}</blockquote>`;
    case "hr":
      return html`<hr />`;
    case "list": {
      const items = token.items.map((item) => html`<li>${item.task ? (item.checked ? "☑ " : "☐ ") : nothing}${listItem(item.tokens, item.loose, depth)}</li>`);
      return token.ordered ? html`<ol start=${Number(token.start) || 1}>${items}</ol>` : html`<ul>${items}</ul>`;
    }
    case "table":
      return html`<div class="wide"><table>
        <thead><tr>${token.header.map((cell) => html`<th>${inline(cell.tokens, depth)}</th>`)}</tr></thead>
        <tbody>${token.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell.tokens, depth)}</td>`)}</tr>`)}</tbody>
      </table></div>`;
    default:
      // Raw HTML among them.
      return plain(token.raw.replace(/\n+$/, ""));
  }
}

function listItem(tokens: Token[], loose: boolean, depth: number): Rendered[] {
  return tokens.map((token) => {
    const tight = token.type === "text" && !loose;
    if (!tight) return block(token, depth + 1);
    return html`${inline((token as { tokens?: Token[] }).tokens ?? [], depth)}`;
  });
}

function inline(tokens: Token[], depth: number, coming = false): Rendered[] {
  if (depth > DEEPEST) return [tokens.map((token) => token.raw).join("")];
  const pieces: Piece<Rendered>[] = tokens.map((any) => {
    const token = any as MarkedToken;
    switch (token.type) {
      case "text":
        return token.tokens ? { node: html`${inline(token.tokens, depth + 1)}` } : { text: token.text };
      case "escape":
        return { node: token.text };
      case "em":
        return { node: html`<em>${inline(token.tokens, depth + 1)}</em>` };
      case "strong":
        return { node: html`<strong>${inline(token.tokens, depth + 1)}</strong>` };
      case "del":
        return { node: html`<del>${inline(token.tokens, depth + 1)}</del>` };
      case "codespan":
        return { node: html`<code>${token.text}</code>` };
      case "br":
        return { node: html`<br />` };
      case "link":
        return { node: link(token.href, inline(token.tokens, depth + 1)) };
      case "image":
        return { node: image(token.href, token.text) };
      default:
        return { text: token.raw };
    }
  });
  return spoken(pieces, (inside) => html`<span class="speech">${inside}</span>`, coming);
}

/** Only addresses that open a page or a letter become links. */
function link(address: string, label: Rendered[]): Rendered {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["http:", "https:", "mailto:"].includes(url.protocol)) return html`${label}`;
  return html`<a href=${url.href} target="_blank" rel="noopener noreferrer nofollow" title=${url.host || url.href}>${label}</a>`;
}

/** Nothing is fetched for a text: a picture elsewhere is named, with its host, as a link. */
function image(address: string, alt: string): Rendered {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const remote = url !== undefined && (url.protocol === "http:" || url.protocol === "https:");
  const label = html`<span class="elsewhere">Picture${alt ? `: ${alt}` : ""}${remote ? ` (${url.host})` : ""}</span>`;
  return remote ? link(address, [label]) : label;
}
