//! The pool, migrations, and the mapping of what PostgreSQL says to what the product says.

use crate::error::{AppError, Code, Conflict};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgPool};
use std::time::Duration;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// A connection that was last used so long ago is asked whether it still lives.
const TRUSTED_FOR: Duration = Duration::from_millis(500);

/// Opens a pool. Does not connect yet: a database that is down now may be up in a moment.
pub fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        // A page that cannot get a connection in this time answers 503 rather than hang.
        .acquire_timeout(Duration::from_secs(3))
        .max_lifetime(Duration::from_secs(30 * 60))
        // Asking a connection whether it still lives is a round trip of its own: not when it was used a moment ago.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= TRUSTED_FOR {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

/// Brings the schema up to this program's version, as its owner, and gives the running portal's role its rights: to read
/// and write rows, but not to change or delete what is in the audit log (security.md line 77).
pub async fn migrate(owner: &PgPool, app: &PgPool) -> Result<(), Box<dyn std::error::Error>> {
    MIGRATOR.run(owner).await?;
    let role: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(app).await?;
    grant(owner, &role).await?;
    Ok(())
}

/// The rights of the running portal's role. An owner keeps its own.
pub async fn grant(owner: &PgPool, role: &str) -> Result<(), sqlx::Error> {
    let is_owner: bool = sqlx::query_scalar("SELECT current_user = $1").bind(role).fetch_one(owner).await?;
    if is_owner {
        return Ok(());
    }
    // Identifiers can't be parameters: PostgreSQL quotes the name itself.
    let role: String = sqlx::query_scalar("SELECT quote_ident($1)").bind(role).fetch_one(owner).await?;
    let statements = format!(
        "BEGIN;
         GRANT USAGE ON SCHEMA public TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
         GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
         REVOKE UPDATE, DELETE, TRUNCATE ON audit_event, audit_seal FROM {role};
         REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON _sqlx_migrations FROM {role};
         COMMIT"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(owner).await?;
    Ok(())
}

/// Whether the role of a connection could change the audit log, were it not for the triggers.
pub async fn may_change_audit_log(pool: &PgPool) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT has_table_privilege('audit_event', 'UPDATE') OR has_table_privilege('audit_event', 'DELETE')")
        .fetch_one(pool)
        .await
}

/// How many migrations this program brings.
pub fn migrations() -> i64 {
    MIGRATOR.iter().filter(|migration| !migration.migration_type.is_down_migration()).count() as i64
}

/// Runs `work` again when PostgreSQL chose it as the victim of a deadlock or a serialisation conflict.
pub async fn retrying<T, F, Fut>(mut work: F) -> Result<T, AppError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, DbError>>,
{
    for attempt in 0..5u64 {
        match work().await {
            Err(DbError::Sql(error)) if is_transient(&error) => {
                let jitter = u64::from(super::random::bytes::<1>()[0]) % 16;
                tokio::time::sleep(Duration::from_millis((5 << attempt) + jitter)).await;
            }
            other => return other.map_err(AppError::from),
        }
    }
    Err(AppError::Unavailable)
}

fn is_transient(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

/// An error inside a transaction: the product's own, or the database's.
#[derive(Debug)]
pub enum DbError {
    App(AppError),
    Sql(sqlx::Error),
}

impl From<AppError> for DbError {
    fn from(error: AppError) -> Self {
        DbError::App(error)
    }
}

impl From<Conflict> for DbError {
    fn from(conflict: Conflict) -> Self {
        DbError::App(conflict.into())
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        DbError::Sql(error)
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::App(error) => error,
            DbError::Sql(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for AppError {
    /// The last resort: constraints that a person can violate are mapped where they can be violated
    /// ([`OnConstraint`]). Logged once, here, with the reference that the person is shown.
    #[track_caller]
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => AppError::NotFound,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::Tls(_) => {
                tracing::warn!(error.cause = %error, "the database cannot be reached");
                AppError::Unavailable
            }
            sqlx::Error::Database(cause) if cause.code().is_some_and(|code| is_outage(&code)) => {
                tracing::warn!(error.cause = %error, "the database cannot serve");
                AppError::Unavailable
            }
            _ => internal(&error),
        }
    }
}

/// SQLSTATE classes 08 (connection), 53 (resources), 57P0x (shutting down, starting up).
fn is_outage(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("53") || code.starts_with("57P")
}

/// Logs a cause that is nobody's business outside and gives the error that may be shown.
#[track_caller]
pub fn internal(cause: &dyn std::fmt::Display) -> AppError {
    let reference = super::random::readable(8);
    let at = std::panic::Location::caller();
    tracing::error!(error.reference = %reference, error.cause = %cause, code.file = at.file(), code.line = at.line(), "a request failed");
    AppError::Internal(reference)
}

/// Maps the violation of one named constraint to the product's error, where it can happen.
pub trait OnConstraint<T> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> AppError) -> Result<T, DbError>;

    fn on_unique_field(self, constraint: &str, field: &str, code: Code) -> Result<T, DbError>
    where
        Self: Sized,
    {
        self.on_constraint(constraint, || AppError::field(field, code))
    }
}

impl<T> OnConstraint<T> for Result<T, sqlx::Error> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> AppError) -> Result<T, DbError> {
        self.map_err(|cause| match cause.as_database_error().and_then(|cause| cause.constraint()) {
            Some(violated) if violated == name => DbError::App(error()),
            _ => DbError::Sql(cause),
        })
    }
}

impl<T> OnConstraint<T> for Result<T, DbError> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> AppError) -> Result<T, DbError> {
        match self {
            Err(DbError::Sql(cause)) => Err::<T, _>(cause).on_constraint(name, error),
            other => other,
        }
    }
}

/// Refuses a write that touched another number of rows than one.
pub fn expect_one(rows: u64) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(Conflict::Stale.into()) }
}
