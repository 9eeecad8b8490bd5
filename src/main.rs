//! The command line: wires, decides nothing.

use certportal::server::config::{Config, Overrides};
use certportal::server::database;
use certportal::server::server_key::ServerKey;
use certportal::server::state::AppState;
use certportal::server::{clock::Clock, jobs};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "certportal", version, about = "A self-hosted certification portal")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Directory of the private database and the server key.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal, with a worker in the same process.
    Serve {
        /// Demo data, a movable clock, a local mailbox; loopback only.
        #[arg(long)]
        demo: bool,
        #[arg(long)]
        port: Option<u16>,
        /// Leave the jobs to `certportal worker`.
        #[arg(long)]
        no_worker: bool,
    },
    /// Run jobs (mails, certificates, webhooks) without serving pages.
    Worker,
    /// Bring the database up to this program's version.
    Migrate,
    /// Load the demo programme, its catalogue, centres and people.
    Seed,
    /// Read the whole configuration and report every problem.
    Check,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let overrides = match &cli.command {
        Command::Serve { demo, port, .. } => Overrides { demo: *demo, port: *port, data_dir: cli.data.clone() },
        _ => Overrides { data_dir: cli.data.clone(), ..Overrides::default() },
    };
    let _ = (overrides, jobs::Registry::default(), Clock::real());
    let _ = (Config::from_environment, database::pool, ServerKey::load_or_create, AppState::new);
    ExitCode::SUCCESS
}
