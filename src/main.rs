//! The command line: wires, decides nothing.

use certportal::accounts::service::{Invitation, invite};
use certportal::app;
use certportal::credentials::issuer;
use certportal::programme::{self, Files};
use certportal::server::clock::Clock;
use certportal::server::config::{Config, Overrides, Problem};
use certportal::server::embedded_postgres::{EmbeddedPostgres, EmbeddedSettings, Roles};
use certportal::server::http::request::Role;
use certportal::server::server_key::ServerKey;
use certportal::server::state::AppState;
use certportal::server::{check, database, jobs};
use clap::{Parser, Subcommand};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use std::error::Error;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Gives memory back: after a storm of logins (19 MiB a hash) or the first start's loading, glibc's allocator keeps what it had.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Run jobs (mails, messages, refunds, reminders) and what is done periodically, without serving pages.
    Worker,
    /// Bring the database up to this program's version.
    Migrate,
    /// Load the demo programme, its catalogue, centres and people, in demo mode only. Changes nothing the second time.
    Seed,
    /// The programme: its name, senders, colours, agreement, policies, catalogue and centres.
    #[command(subcommand)]
    Programme(ProgrammeCommand),
    /// What is still to be done and has failed so far.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Read the whole configuration and report every problem.
    Check,
    /// Replace the server key, and seal with the new one what the old one has sealed. Restart the portal afterwards.
    RotateKey {
        /// Make no new key, but throw away the ones from before: what they signed is worthless then.
        #[arg(long)]
        forget_old: bool,
    },
    /// Manage the keys that badges are signed with.
    #[command(subcommand)]
    IssuerKey(IssuerKeyCommand),
    /// Manage the members of staff.
    #[command(subcommand)]
    Staff(StaffCommand),
}

#[derive(Subcommand)]
enum ProgrammeCommand {
    /// Bring the programme to what the files of a directory say, whole or not at all. Every problem is told by file and field.
    Load {
        /// programme.toml, agreement.en.txt, agreement.es.txt, catalog.toml and, where there are any, test_centers.csv, delivery.toml, logo.svg.
        dir: PathBuf,
    },
}

#[derive(Subcommand)]
enum JobsCommand {
    /// Every job that has failed and is not done, with its last error. Each is tried again by itself, at least every hour.
    List,
    /// Try failed jobs now: one, or all of them.
    Retry { id: Option<i64> },
    /// End a job that can never be done.
    Drop { id: i64 },
}

#[derive(Subcommand)]
enum IssuerKeyCommand {
    /// Sign with a new key from now on. The one before it stays published, and what it has signed stays valid.
    Rotate,
}

#[derive(Subcommand)]
enum StaffCommand {
    /// Invite somebody: makes the account, mails the link to choose a password, and prints it. An account that can sign in
    /// gets the roles.
    Invite {
        #[arg(long)]
        email: String,
        /// One of support_agent, ce_reviewer, exam_manager, site_manager, proctor, finance, auditor, administrator. May be repeated.
        #[arg(long, required = true, value_parser = role)]
        role: Vec<Role>,
        /// Given names and family name; the last word is the family name.
        #[arg(long)]
        name: String,
        /// ISO code of the country they live in; it gives the time zone.
        #[arg(long, default_value = "US")]
        country: String,
        /// Language of pages and mails.
        #[arg(long, default_value = "en", value_parser = ["en", "es"])]
        language: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("one of {}", known.join(", "))
    })
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let overrides = match &cli.command {
        Command::Serve { demo, port, .. } => Overrides { demo: *demo, port: *port, data_dir: cli.data.clone() },
        _ => Overrides { data_dir: cli.data.clone(), ..Overrides::default() },
    };
    // Reports what cannot be used instead of ending at it.
    if matches!(cli.command, Command::Check) {
        return check(&overrides).await;
    }
    let config = match Config::from_environment(&overrides) {
        Ok(config) => config,
        Err(problems) => {
            for problem in problems {
                eprintln!("certportal: {problem}");
            }
            return ExitCode::from(2);
        }
    };
    certportal::server::telemetry::start(&config);
    for problem in Config::unknown_variables() {
        tracing::warn!("{problem}");
    }
    match run(cli.command, config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("certportal: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, config: Config) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve { no_worker, .. } => serve(config, !no_worker).await,
        Command::Worker => with_database(config, Beside::RunningServer, async |state, _| worker(state).await).await,
        Command::Migrate => {
            with_database(config, Beside::RunningServer, async |state, owner| database::migrate(&owner, &state.db).await).await
        }
        Command::Seed => {
            // Before anything is written, and before a database is brought up for nothing.
            certportal::accounts::demo::only_in_demo_mode(&config)?;
            with_database(config, Beside::RunningServer, async |state, owner| {
                database::migrate(&owner, &state.db).await?;
                app::load_reference_data(&state).await?;
                app::load_demo_data(&state).await?;
                Ok(())
            })
            .await
        }
        Command::Programme(ProgrammeCommand::Load { dir }) => {
            let files = Files::read(&dir)?;
            with_database(config, Beside::RunningServer, async move |state, owner| {
                database::migrate(&owner, &state.db).await?;
                app::load_reference_data(&state).await?;
                programme::load(&state, &files).await?;
                state.programme.refresh(&state.db).await?;
                println!("{} is loaded. A portal that runs shows it within seconds.", state.programme.get().name);
                Ok(())
            })
            .await
        }
        Command::Jobs(command) => with_database(config, Beside::RunningServer, async move |state, _| jobs_command(&state, command).await).await,
        Command::Staff(StaffCommand::Invite { email, role, name, country, language }) => {
            let (given_name, family_name) = name.trim().rsplit_once(' ').ok_or("--name needs a given and a family name")?;
            let (given_name, family_name) = (given_name.to_owned(), family_name.to_owned());
            let invitation = Invitation { email, given_name, family_name, roles: role, country: country.to_uppercase(), language };
            with_database(config, Beside::RunningServer, async move |state, owner| {
                database::migrate(&owner, &state.db).await?;
                app::load_reference_data(&state).await?;
                state.programme.refresh(&state.db).await?;
                if state.programme.get().name.is_empty() {
                    return Err("there is no programme yet, and so no sender of the invitation: load yours with `certportal programme load DIR`".into());
                }
                match invite(&state, &invitation).await? {
                    Some(link) => println!("Invitation for {} (works once, for 7 days; mailed too):\n{link}", invitation.email),
                    None => println!("{} can sign in already and has the roles now.", invitation.email),
                }
                Ok(())
            })
            .await
        }
        Command::RotateKey { forget_old: true } => {
            with_database(config, Beside::RunningServer, async |state, owner| {
                database::migrate(&owner, &state.db).await?;
                app::forget_old_keys(&state).await?;
                println!("The old server keys are gone. Remove server.key.previous from the other servers and restart every server and worker.");
                println!("Backup codes and device cookies of before the last rotation are worthless now: people make new codes, and their browsers are new ones.");
                Ok(())
            })
            .await
        }
        Command::RotateKey { forget_old: false } => {
            with_database(config, Beside::RunningServer, async |state, owner| {
                database::migrate(&owner, &state.db).await?;
                let count = app::rotate_key(&state).await?;
                println!("The server key is a new one; {count} secrets were sealed with it.");
                println!("The old key stays in server.key.previous, for reading. Restart every server and worker now: until then codes of authenticator apps are refused and badges cannot be signed.");
                Ok(())
            })
            .await
        }
        Command::IssuerKey(IssuerKeyCommand::Rotate) => {
            with_database(config, Beside::RunningServer, async |state, owner| {
                database::migrate(&owner, &state.db).await?;
                let kid = issuer::rotate(&state).await?;
                println!("Badges are signed with the new key {kid}. What older keys have signed stays valid.");
                Ok(())
            })
            .await
        }
        // Has been answered, whatever the settings are.
        Command::Check => Ok(()),
    }
}

/// Everything that is to be mended, of the settings and of what they lead to.
async fn check(overrides: &Overrides) -> ExitCode {
    let (config, mut problems) = Config::whole_environment(overrides);
    problems.extend(Config::unknown_variables());
    certportal::server::telemetry::start(&config);
    let mut found = vec![];
    let answered = with_database(config.clone(), Beside::RunningServer, async |state, _| {
        found = check::problems(&state).await;
        Ok(())
    });
    if let Err(error) = answered.await {
        let setting = if config.database_url.is_some() { "DATABASE_URL" } else { "CERTPORTAL_DATA_DIR" };
        found.push(Problem::new(setting, error.to_string()));
        found.extend(check::without_database(&config).await);
    }
    // What follows from a setting that cannot be used is told once.
    found.retain(|found| problems.iter().all(|problem| problem.setting != found.setting));
    problems.extend(found);
    for problem in &problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => {
            println!("Everything the portal needs is there.");
            ExitCode::SUCCESS
        }
        count => {
            eprintln!("certportal: {count} to mend");
            ExitCode::FAILURE
        }
    }
}

async fn jobs_command(state: &AppState, command: JobsCommand) -> Result<(), Box<dyn Error>> {
    match command {
        JobsCommand::List => {
            let failed = jobs::failed(state).await?;
            for job in &failed {
                let next = job.run_at.format("%F %R UTC");
                println!("{}  {}  tried {} times, next at {next}: {}", job.id, job.kind, job.attempts, job.last_error);
            }
            if failed.is_empty() {
                println!("No job has failed.");
            }
        }
        JobsCommand::Retry { id } => println!("{} tried again now.", jobs::retry(state, id).await?),
        JobsCommand::Drop { id } if jobs::drop_failed(state, id).await? => println!("{id} is ended."),
        JobsCommand::Drop { id } => return Err(format!("no failed job has the number {id}: `certportal jobs list` shows them").into()),
    }
    Ok(())
}

async fn worker(state: AppState) -> Result<(), Box<dyn Error>> {
    // Mails carry its name and sender.
    state.programme.refresh(&state.db).await?;
    let refresher = tokio::spawn(refresh_programme(state.clone()));
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(jobs::work(state, app::jobs(), stopped));
    shutdown_signal().await;
    let _ = stop.send(true);
    refresher.abort();
    worker.await?;
    Ok(())
}

async fn serve(config: Config, with_worker: bool) -> Result<(), Box<dyn Error>> {
    // The port first: a busy one is told at once, before a database is brought up for nothing.
    let listener = TcpListener::bind(config.site_addr)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}; choose another with --port", config.site_addr))?;
    with_database(config, Beside::Nobody, async |state, owner| {
        database::migrate(&owner, &state.db).await?;
        // Connections for migrations only.
        owner.close().await;
        app::load_reference_data(&state).await?;
        // A database of the first versions has secrets that stand unsealed.
        certportal::accounts::factors::seal_plain(&state.db, &state.key).await?;
        if state.config.demo {
            certportal::demo::clock::restore(&state).await?;
            app::load_demo_data(&state).await?;
        }
        state.programme.refresh(&state.db).await?;
        if state.config.demo {
            certportal::accounts::demo::write_file(&state).await?;
        } else if state.programme.get().name.is_empty() {
            tracing::warn!("there is no programme yet: load yours with `certportal programme load DIR`");
        }
        let (stop, stopped) = watch::channel(false);
        let worker = with_worker.then(|| tokio::spawn(jobs::work(state.clone(), app::jobs(), stopped.clone())));
        let refresher = tokio::spawn(refresh_programme(state.clone()));
        tracing::info!(server.address = %state.config.site_addr, "certportal is ready");
        let service = app::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).with_graceful_shutdown(shutdown_signal()).await?;
        let _ = stop.send(true);
        refresher.abort();
        if let Some(worker) = worker {
            worker.await?;
        }
        Ok(())
    })
    .await
}

/// Other instances may have changed the programme: a change is seen everywhere within seconds.
async fn refresh_programme(state: AppState) {
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        if let Err(error) = state.programme.refresh(&state.db).await {
            tracing::warn!(error.cause = %error, "the programme's data could not be read again");
        }
    }
}

/// Whether a command may use the private cluster of a portal that runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    RunningServer,
    /// A second server on one data directory is refused: it would end with the first one's database.
    Nobody,
}

/// Runs `work` on the configured database, or on the private cluster, which is stopped cleanly afterwards. `work` is given
/// the portal, connected as its own role, and a pool of the database's owner.
async fn with_database<F>(config: Config, beside: Beside, work: F) -> Result<(), Box<dyn Error>>
where
    F: AsyncFnOnce(AppState, PgPool) -> Result<(), Box<dyn Error>>,
{
    // The server key will lie in it, and people's documents in the private cluster's: nobody else's to read.
    let data_dir = DirBuilder::new().recursive(true).mode(0o700).create(&config.data_dir);
    data_dir.map_err(|error| format!("{}: {error}", config.data_dir.display()))?;
    let (roles, embedded) = match &config.database_url {
        Some(url) => {
            let parse = |url: &str, setting: &str| url.parse().map_err(|_| format!("{setting}: cannot be read as a PostgreSQL address"));
            let app: PgConnectOptions = parse(&url.0, "DATABASE_URL")?;
            let owner = match &config.owner_database_url {
                Some(url) => parse(&url.0, "CERTPORTAL_OWNER_DATABASE_URL")?,
                None => app.clone(),
            };
            (Roles { app, owner }, None)
        }
        None => match EmbeddedPostgres::running_beside(&config.data_dir) {
            Some(roles) if beside == Beside::RunningServer => (roles, None),
            _ => {
                let settings = EmbeddedSettings { run_as: Some(config.run_as.clone()), ..EmbeddedSettings::default() };
                let embedded = EmbeddedPostgres::start(&config.data_dir, &settings).await?;
                (embedded.roles(), Some(embedded))
            }
        },
    };
    let key = ServerKey::load_or_create(&config.data_dir)?;
    let pool = database::pool(roles.app, config.database_connections);
    let owner = database::pool(roles.owner, 2);
    let state = AppState::new(config, pool.clone(), Clock::real(), key);
    let outcome = work(state, owner.clone()).await;
    owner.close().await;
    pool.close().await;
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    outcome
}

/// Ctrl-C, or the service manager's SIGTERM.
async fn shutdown_signal() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
    let terminated = async {
        match &mut terminate {
            Some(signal) => signal.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
