//! A database of its own for every test, cloned from a migrated template in one throw-away cluster.
//!
//! The cluster waits for no disk. It is the one that `./test` has started and named in `CERTPORTAL_TEST_CLUSTER` (a superuser's URL); without
//! it (`cargo test`), the first test that asks starts one, and a watchdog removes it when the test program has ended, however it ended.

use std::{
    path::Path,
    process::{Command, Stdio},
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use certportal::server::embedded_postgres::{EmbeddedPostgres, EmbeddedSettings};
use sha2::{Digest, Sha256};
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgConnection, PgPoolOptions},
};
use tokio::sync::OnceCell;

use super::temp::TempDir;

/// Owns the databases, as in production: not a superuser.
const OWNER: &str = "certportal";
/// What the portal connects as: it owns nothing.
const ROLE: &str = "certportal_app";

/// One test's own database; dropped with it.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    superuser: PgConnectOptions,
}

impl TestDatabase {
    /// A database with every migration applied and no data.
    pub async fn new() -> Self {
        let cluster = TestCluster::get().await;
        Self::clone_of(&cluster.template, &cluster.superuser).await
    }

    /// A database with the reference data (countries, cities, postal codes) loaded: seconds of work, done once.
    pub async fn with_reference_data() -> Self {
        let cluster = TestCluster::get().await;
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(|| async { prepare_reference_template(cluster).await.expect("the reference data") }).await;
        Self::clone_of(template, &cluster.superuser).await
    }

    /// A database without a table, for tests of the migrations themselves.
    pub async fn empty() -> Self {
        let cluster = TestCluster::get().await;
        Self::clone_of("template_empty", &cluster.superuser).await
    }

    async fn clone_of(template: &str, superuser: &PgConnectOptions) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect_with(superuser).await.expect("the test cluster answers");
        let statement = format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}");
        connection.execute(AssertSqlSafe(statement)).await.expect("a clone of the template");
        connection.close().await.expect("closed");
        Self { name, superuser: superuser.clone() }
    }

    /// How the portal connects to it.
    pub fn options(&self) -> PgConnectOptions {
        self.superuser.clone().username(ROLE).database(&self.name)
    }

    /// The owner of the tables, for programs that migrate and for tests that take a guard off.
    pub fn owner(&self) -> PgConnectOptions {
        self.superuser.clone().username(OWNER).database(&self.name)
    }

    /// The owner's connection for a program that is given `DATABASE_URL`.
    pub fn url(&self) -> String {
        use sqlx::ConnectOptions;
        self.owner().to_url_lossy().to_string()
    }

    /// A pool as the portal's, small, because tests run side by side.
    pub async fn pool(&self) -> PgPool {
        let pool = PgPoolOptions::new().max_connections(8).acquire_timeout(Duration::from_secs(10));
        pool.connect_with(self.options()).await.expect("a connection to the test's database")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (name, superuser) = (self.name.clone(), self.superuser.clone());
        // The test's own runtime can't be waited for here; a thread of its own can.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut connection = PgConnection::connect_with(&superuser).await?;
                connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))).await?;
                connection.close().await
            })
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("the database of a test could not be dropped: {error}");
        }
    }
}

#[derive(Debug)]
struct TestCluster {
    superuser: PgConnectOptions,
    template: String,
    /// Lives as long as the program: a static is never dropped, hence the watchdog.
    _own: Option<(EmbeddedPostgres, TempDir)>,
}

impl TestCluster {
    async fn get() -> &'static Self {
        static CLUSTER: OnceCell<TestCluster> = OnceCell::const_new();
        CLUSTER.get_or_init(Self::start).await
    }

    async fn start() -> Self {
        #[allow(clippy::disallowed_methods, reason = "a setting of the tests, not of the portal")]
        let given = std::env::var("CERTPORTAL_TEST_CLUSTER").ok().filter(|url| !url.is_empty());
        let (superuser, own) = match given {
            Some(url) => (PgConnectOptions::from_str(&url).expect("CERTPORTAL_TEST_CLUSTER is a postgres:// URL"), None),
            None => {
                let directory = TempDir::new("tests");
                let settings = EmbeddedSettings { durable: false, max_connections: 300, ..EmbeddedSettings::default() };
                let cluster = EmbeddedPostgres::start(directory.path(), &settings).await.expect("a test cluster");
                remove_after_the_program(cluster.pid(), directory.path());
                let superuser = PgConnectOptions::from_str(&cluster.superuser_url()).expect("its URL");
                (superuser, Some((cluster, directory)))
            }
        };
        let template = prepare_templates(&superuser).await.expect("the template databases");
        Self { superuser, template, _own: own }
    }
}

/// The name of a database with every migration applied, made by whichever test program comes first.
///
/// It carries a digest of the migrations in its name: a cluster that outlives a change of them never serves the old ones.
async fn prepare_templates(superuser: &PgConnectOptions) -> Result<String, sqlx::Error> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let migrator = if directory.is_dir() { Some(Migrator::new(directory).await?) } else { None };
    let mut digest = Sha256::new();
    for migration in migrator.iter().flat_map(Migrator::iter) {
        digest.update(migration.version.to_be_bytes());
        digest.update(&migration.checksum);
    }
    let digest: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let template = format!("template_{digest}");

    let mut connection = PgConnection::connect_with(superuser).await?;
    // Several test programs may share one cluster: one prepares, the others wait.
    connection.execute("SELECT pg_advisory_lock(7264)").await?;
    for (role, create) in [(OWNER, "CREATE ROLE certportal LOGIN"), (ROLE, "CREATE ROLE certportal_app LOGIN")] {
        let known: Option<i32> =
            sqlx::query_scalar("SELECT 1 FROM pg_roles WHERE rolname = $1").bind(role).fetch_optional(&mut connection).await?;
        if known.is_none() {
            connection.execute(create).await?;
        }
    }
    if !exists(&mut connection, "template_empty").await? {
        connection.execute("CREATE DATABASE template_empty OWNER certportal").await?;
        // As the embedded cluster does it: only a superuser may install this one.
        let mut inside = PgConnection::connect_with(&superuser.clone().database("template_empty")).await?;
        inside.execute("CREATE EXTENSION cube; CREATE EXTENSION earthdistance").await?;
        inside.close().await?;
    }
    if !exists(&mut connection, &template).await? {
        // Renamed when complete: a run that was killed half-way doesn't leave a half template under the final name.
        connection.execute("DROP DATABASE IF EXISTS template_draft WITH (FORCE)").await?;
        connection.execute("CREATE DATABASE template_draft TEMPLATE template_empty OWNER certportal").await?;
        if let Some(migrator) = migrator {
            let mut inside = PgConnection::connect_with(&superuser.clone().username(OWNER).database("template_draft")).await?;
            migrator.run(&mut inside).await?;
            let owner =
                PgPoolOptions::new().max_connections(1).connect_with(superuser.clone().username(OWNER).database("template_draft")).await?;
            certportal::server::database::grant(&owner, ROLE).await?;
            owner.close().await;
            // Planner statistics and visible rows once, instead of in every clone.
            inside.close().await?;
            let mut inside = PgConnection::connect_with(&superuser.clone().database("template_draft")).await?;
            inside.execute("VACUUM (FREEZE, ANALYZE)").await?;
            inside.close().await?;
        }
        connection.execute(AssertSqlSafe(format!("ALTER DATABASE template_draft RENAME TO {template}"))).await?;
    }
    connection.close().await?;
    Ok(template)
}

/// The name of a clone of the migrated template with the reference data in it. A load that was cut short leaves no
/// half of it: it is one transaction, and loading again does nothing when it is there.
async fn prepare_reference_template(cluster: &TestCluster) -> Result<String, Box<dyn std::error::Error>> {
    let name = format!("{}_reference", cluster.template);
    let mut connection = PgConnection::connect_with(&cluster.superuser).await?;
    connection.execute("SELECT pg_advisory_lock(7265)").await?;
    if !exists(&mut connection, &name).await? {
        let statement = format!("CREATE DATABASE {name} TEMPLATE {} OWNER {OWNER}", cluster.template);
        connection.execute(AssertSqlSafe(statement)).await?;
    }
    let options = cluster.superuser.clone().username(OWNER).database(&name);
    let inside = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    certportal::catalog::reference::load(&inside).await?;
    inside.close().await;
    connection.close().await?;
    Ok(name)
}

async fn exists(connection: &mut PgConnection, database: &str) -> Result<bool, sqlx::Error> {
    let found: Option<i32> =
        sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1").bind(database).fetch_optional(connection).await?;
    Ok(found.is_some())
}

/// Starts a shell that waits for the end of this program (the end of its standard input, which only we hold open), then stops the cluster and
/// removes its directory.
fn remove_after_the_program(postmaster: Option<i32>, directory: &Path) {
    let postmaster = postmaster.expect("the cluster runs").to_string();
    let script = r#"cat >/dev/null; kill -QUIT "$1" 2>/dev/null; while kill -0 "$1" 2>/dev/null; do sleep 0.05; done; rm -rf "$2""#;
    let watchdog = Command::new("sh")
        .args(["-c", script, "watchdog", &postmaster])
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh");
    // Its standard input must stay open until we are gone.
    std::mem::forget(watchdog);
}
