//! The SQL of badges beside that of credentials.

use crate::ids::CredentialKey;
use serde_json::Value;
use sqlx::PgExecutor;

/// What the certification is, by language, and the scale of the exam that was passed.
pub struct AchievementRow {
    pub summary: Value,
    pub scale_min: i32,
    pub scale_max: i32,
    pub pass_mark: i32,
}

pub async fn achievement(db: impl PgExecutor<'_>, credential_id: CredentialKey) -> Result<AchievementRow, sqlx::Error> {
    sqlx::query_as!(
        AchievementRow,
        "SELECT c.summary, e.scale_min, e.scale_max, e.pass_mark
         FROM credential k JOIN certification c ON c.id = k.certification_id JOIN exam e ON e.id = k.exam_id WHERE k.id = $1",
        credential_id as _
    )
    .fetch_one(db)
    .await
}

/// The bits of a status list that are set. `None`: no credential has a place in it.
pub async fn revoked_places(db: impl PgExecutor<'_>, list: i32) -> Result<Option<Vec<i32>>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "credentials!", coalesce(array_agg(status_index) FILTER (WHERE state = 'revoked'), '{}') AS "revoked!"
           FROM credential WHERE status_list = $1"#,
        list
    )
    .fetch_one(db)
    .await?;
    Ok((row.credentials > 0).then_some(row.revoked))
}
