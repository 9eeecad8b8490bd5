import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { totp } from "./totp";

/** An account that exists in every demo portal (`<data>/demo.json`). */
export interface DemoAccount {
  role: string;
  name?: string;
  email: string;
  password: string;
  totp_secret?: string | null;
  candidate_id?: string | null;
}

/** What the portal has written down about its demo data. */
export interface Demo {
  accounts: DemoAccount[];
  /** What `POST /demo/clock` wants to see. */
  clock_key: string;
  credentials?: { id: string; holder?: string; state?: string }[];
  [more: string]: unknown;
}

/** Every directory made here, gone at the end of the run. */
const SCRATCH = process.env.E2E_TMP ?? "/tmp";

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

/** A running portal with demo data, on a port and a data directory of its own (or the one in E2E_URL). */
export class Portal {
  private constructor(
    readonly url: string,
    readonly data: string,
    private child?: ChildProcess,
  ) {}

  /** Starts one; `template` is the data directory of a portal that was stopped, and is copied. */
  static async start(template?: string): Promise<Portal> {
    if (process.env.E2E_URL) return new Portal(process.env.E2E_URL.replace(/\/$/, ""), process.env.E2E_DATA ?? "../data");
    const program = process.env.CERTPORTAL_BIN;
    if (!program) throw new Error("CERTPORTAL_BIN is not set: run ./test e2e, or give E2E_URL");
    const data = mkdtempSync(join(SCRATCH, "certportal-e2e-"));
    // With its owners: the database belongs to an unprivileged user when we are root.
    if (template) execFileSync("cp", ["-a", `${template}/.`, data]);
    const portal = new Portal(`http://127.0.0.1:${await freePort()}`, data);
    await portal.run(program);
    return portal;
  }

  /** Starts the program on its port and data, and waits until it answers. */
  private async run(program: string, more: string[] = []): Promise<void> {
    const { port, host } = new URL(this.url);
    const log = openSync(join(this.data, "portal.log"), "a");
    // No setting of whoever runs the tests: their mail server would get the demo's mails.
    const foreign = (name: string) => name === "DATABASE_URL" || name.startsWith("CERTPORTAL_");
    const inherited = Object.entries(process.env).filter(([name]) => !foreign(name));
    const environment: NodeJS.ProcessEnv = { ...Object.fromEntries(inherited), LEPTOS_HASH_FILES: "true", LEPTOS_SITE_ADDR: host };
    this.child = spawn(program, ["serve", "--demo", "--port", port, "--data", this.data, ...more], {
      cwd: join(import.meta.dirname ?? __dirname, "../.."),
      env: environment,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    try {
      await this.untilReady();
    } catch (error) {
      // Nobody else knows of it.
      await this.stop();
      throw error;
    }
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      if (this.child?.exitCode !== null && this.child?.exitCode !== undefined) {
        throw new Error(`the portal stopped while it started:\n${this.log()}`);
      }
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      if (Date.now() > deadline) throw new Error(`the portal is not ready after two minutes:\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The end of what it has logged. */
  log(): string {
    try {
      return readFileSync(join(this.data, "portal.log"), "utf8").split("\n").slice(-40).join("\n");
    } catch {
      return "(no log)";
    }
  }

  /** Its demo accounts and credentials. */
  get demo(): Demo {
    return JSON.parse(readFileSync(join(this.data, "demo.json"), "utf8")) as Demo;
  }

  /** The first demo account of a role, or the one with this address. */
  account(roleOrEmail: string): DemoAccount {
    const found = this.demo.accounts.find((account) => account.role === roleOrEmail || account.email === roleOrEmail);
    if (!found) throw new Error(`no demo account "${roleOrEmail}": there are ${this.demo.accounts.map((a) => a.role).join(", ")}`);
    return found;
  }

  /**
   * A code of an account's authenticator app. It follows the real time, not the demo clock. A code works once and may come one step early: so two
   * logins within half a minute get the codes of two steps.
   */
  code(account: DemoAccount): string {
    const step = Math.max(Math.floor(Date.now() / 30_000), (this.lastStep.get(account.email) ?? 0) + 1);
    this.lastStep.set(account.email, step);
    return totp(account.totp_secret ?? "", step * 30);
  }

  private readonly lastStep = new Map<string, number>();

  /** Ends it as Ctrl-C does, and waits. */
  async stop(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const insist = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await ended;
    clearTimeout(insist);
  }

  /** Kills it without a chance to clean up, as a power cut would: for tests of what survives. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child) throw new Error("only a portal of the test's own can be killed");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** Starts it again after `kill`, at the same address and on the same data, with what `serve` shall be told besides. */
  async startAgain(...more: string[]): Promise<void> {
    await this.run(process.env.CERTPORTAL_BIN ?? "", more);
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    if (this.child) rmSync(this.data, { recursive: true, force: true });
  }
}
