// Words that are typed but not saved yet: they outlive a reload of the tab, not the tab.

const PREFIX = "cardkeep draft ";

export function readDraft(of: string): string {
  try {
    return sessionStorage.getItem(PREFIX + of) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(of: string, text: string): void {
  try {
    if (text === "") sessionStorage.removeItem(PREFIX + of);
    else sessionStorage.setItem(PREFIX + of, text);
  } catch {
    // Storage may be forbidden or full; then a draft lives as long as its field.
  }
}
