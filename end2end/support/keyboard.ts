import { type Locator, type Page, expect } from "@playwright/test";

/** More stops than a page has. */
const MOST_STOPS = 300;

/**
 * Somebody without a mouse: moves by Tab alone. At every stop on the way the focus must be seen (a ring, on the control or on the label or card
 * that stands for it; inside the window; under nothing else), and the stops must follow the document.
 */
export class Keyboard {
  constructor(readonly page: Page) {}

  /** To a control; with `backwards` by Shift+Tab. */
  async to(control: Locator, { backwards = false } = {}): Promise<void> {
    await expect(control).toBeVisible();
    await this.walk(() => control.evaluate((element) => element === document.activeElement), String(control), backwards);
  }

  /** To a control, and a key. */
  async press(control: Locator, key = "Enter"): Promise<void> {
    await this.to(control);
    await this.page.keyboard.press(key);
  }

  /** To a field, and what is typed there in place of what stood in it. */
  async type(field: Locator, text: string): Promise<void> {
    await this.to(field);
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.page.keyboard.type(text);
    await expect(field).toHaveValue(text);
  }

  /** Chooses a radio button: Tab leads to its group, arrows within it. */
  async choose(radio: Locator): Promise<void> {
    await expect(radio).toBeVisible();
    const inGroup = (element: Element) =>
      document.activeElement instanceof HTMLInputElement && document.activeElement.name === (element as HTMLInputElement).name;
    await this.walk(() => radio.evaluate(inGroup), `the group of ${String(radio)}`, false);
    for (let turns = 0; turns < 60; turns += 1) {
      if (await radio.evaluate((element) => element === document.activeElement)) {
        await this.page.keyboard.press("Space");
        await expect(radio).toBeChecked();
        return;
      }
      await this.page.keyboard.press("ArrowDown");
    }
    throw new Error(`arrow keys do not lead to ${String(radio)}`);
  }

  /** Past header and menus: the first stop of a page that was just loaded. A page that a form led to from there begins there: `#main` is kept. */
  async skip(): Promise<void> {
    if (new URL(this.page.url()).hash === "#main") return;
    await this.press(this.page.getByRole("link", { name: "Skip to main content" }));
    await expect(this.page.locator("main")).toBeFocused();
  }

  private async walk(arrived: () => Promise<boolean>, goal: string, backwards: boolean): Promise<void> {
    const passed: string[] = [];
    while (!(await arrived())) {
      if (passed.length === MOST_STOPS) throw new Error(`the keyboard does not reach ${goal}`);
      await this.page.keyboard.press(backwards ? "Shift+Tab" : "Tab");
      const { name, problems } = await this.page.evaluate(look, backwards);
      expect(problems, `focus on ${name}, on the way to ${goal}, after ${passed.slice(-3).join(" | ")} (${this.page.url()})`).toEqual([]);
      passed.push(name);
    }
  }
}

/** What is wrong with the focus; runs in the page. */
function look(backwards: boolean): { name: string; problems: string[] } {
  const problems: string[] = [];
  const stops = window as Window & { lastStop?: Element };
  const at = document.activeElement as HTMLElement | null;
  if (!at || at === document.body) {
    stops.lastStop = undefined;
    return { name: "(the page)", problems };
  }
  const name = `<${at.localName}> ${(at.getAttribute("aria-label") ?? at.textContent ?? "").trim().slice(0, 40) || at.id}`;

  // After the last stop comes the first.
  const before = at.matches(".skip") ? undefined : stops.lastStop;
  stops.lastStop = at;
  const wanted = backwards ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
  if (before?.isConnected && before !== at && !(before.compareDocumentPosition(at) & wanted)) problems.push("it stands on the wrong side of the stop before");

  // A control that is drawn by its label, or whose link fills a card, has the ring there; nothing else on a page has one.
  const unseen = getComputedStyle(at).opacity === "0";
  const drawn = (unseen && at.closest("label")) || at;
  const around: HTMLElement[] = [];
  for (let element = unseen ? at.parentElement : at; element && element !== document.body; element = element.parentElement) around.push(element);
  const ringed = (element: HTMLElement) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/^rgba\(.*, 0\)$|^transparent$/.test(outlineColor);
  };
  if (!at.matches(":focus-visible") || !around.some(ringed)) problems.push("its focus is not seen");

  const box = drawn.getBoundingClientRect();
  const middle = (from: number, to: number, most: number) => (Math.max(from, 0) + Math.min(to, most)) / 2;
  const [x, y] = [middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight)];
  const top = document.elementFromPoint(x, y);
  if (box.width < 1 || box.height < 1) problems.push("it has no size");
  else if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) problems.push("it is outside of the window");
  else if (!top || !(top.contains(at) || [at, drawn].some((element) => element.contains(top)))) {
    problems.push(`it is covered by <${top?.localName} class="${top?.className}">`);
  }
  return { name, problems };
}
