import type { Demo } from "./support/portal";

/** One page to be looked at. */
export interface Page {
  /** Names the pictures: `<name>-<width>-<scheme>.png`. */
  name: string;
  /** Its address, fixed or from the demo data. */
  path: string | ((demo: Demo) => string);
  /** Role of the demo account that is logged in; nobody when left out. */
  role?: string;
}

/** Every page, public ones first, in the order a candidate meets them. */
export const pages: Page[] = [{ name: "home", path: "/" }];
