//! A member of staff acting as a candidate (security.md line 42). It lives with the staff member's own session: while it
//! lasts, the request's viewer is the candidate, so that no capability needs to know of it, and [`RequestContext::acting`]
//! says who really sits there. What may be done meanwhile is one list, below; whatever is not in it is refused, before
//! anything is rendered or run.
//!
//! [`RequestContext::acting`]: super::request::RequestContext::acting

use super::access::fits;
use super::permissions::{Permission, allows};
use super::request::{Role, Viewer};
use crate::ids::{AccountId, ActingId};
use crate::server::{audit, random};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

/// After this it is over, whatever happens; the database has the same limit.
pub const LONGEST: TimeDelta = TimeDelta::minutes(30);

/// Pages and files that are open while acting. Every look at one is in the audit log.
pub const PAGES: &[&str] = &[
    // What anybody may read.
    "/",
    "/certifications",
    "/certifications/:slug",
    "/verify",
    "/verify/:public_id",
    "/badges/:file",
    // The candidate's own.
    "/dashboard",
    "/account",
    "/exams",
    "/exams/:reference",
    "/exams/:reference/reschedule",
    "/exams/:reference/cancel",
    "/exams/:reference/calendar.ics",
    "/schedule/details/:appointment_id",
    "/schedule/:exam_code",
    "/schedule/:exam_code/centers",
    "/schedule/:exam_code/times",
    "/cart",
    "/orders",
    "/orders/:number",
    "/checkout/confirmation/:number",
    "/results",
    "/results/:id",
    "/credentials",
    "/credentials/:public_id",
    "/credentials/:public_id/:file",
];

/// What is nobody's, and so is not logged: the look, what machines ask for, and the demo's own tools.
pub const FREE: &[&str] = &[
    "/programme.css",
    "/robots.txt",
    "/sitemap.xml",
    "/csp-report",
    "/.well-known/security.txt",
    "/demo/clock",
    "/mailbox",
    "/mailbox.json",
    "/mailbox/:id",
    "/mailbox/:id/html",
    "/mailbox/:id/attachments/:number",
    "/_ui",
];

/// Server functions that are open while acting: scheduling, and making room in the cart. A cancellation gives money back, and is open
/// all the same: it is the candidate's own, under the policies that they bought under and before the same deadline, so that nothing
/// comes of it that their own click would not have brought; who acts has given a fresh proof within the half hour, and the event
/// names both. Refunds beyond that are the staff's own act, with its permission, its limit and its second person, and not open here.
pub const FUNCTIONS: &[&str] = &[
    "/api/scheduling/places",
    "/api/scheduling/start",
    "/api/scheduling/hold",
    "/api/scheduling/details",
    "/api/scheduling/reschedule",
    "/api/scheduling/let_go",
    "/api/scheduling/cancel",
    "/api/checkout/remove_item",
];

/// The ways out: they work from every page, one that is closed too.
pub const WAYS_OUT: &[&str] = &["/api/staff/stop_acting", "/api/accounts/logout"];

/// The hidden field that says for which acting a form was made: one from before its start, or from after its end, is not sent
/// in the other person's name.
pub const FIELD: &str = "__acting";

/// What a path is while acting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Open, and a look at it is logged.
    Logged,
    Free,
    Closed,
}

pub fn way(path: &str) -> Way {
    if PAGES.iter().any(|pattern| fits(pattern, path)) {
        Way::Logged
    } else if FREE.iter().any(|pattern| fits(pattern, path)) {
        Way::Free
    } else {
        Way::Closed
    }
}

/// Whether a server function may be run while acting.
pub fn opens_function(path: &str) -> bool {
    FUNCTIONS.contains(&path) || WAYS_OUT.contains(&path)
}

/// An acting that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    pub id: ActingId,
    /// The member of staff, whose session it is.
    pub actor: Viewer,
    pub ends_at: DateTime<Utc>,
}

/// Why it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By the button.
    Stopped,
    SignedOut,
    Time,
    /// The session was ended otherwise, or its account disabled.
    Session,
    /// Nobody may act for candidates any more by the roles that are left.
    Role,
    /// The candidate's account was closed, or became a staff account.
    Candidate,
}

impl End {
    pub fn as_str(self) -> &'static str {
        match self {
            End::Stopped => "stopped",
            End::SignedOut => "signed_out",
            End::Time => "time",
            End::Session => "session",
            End::Role => "role",
            End::Candidate => "candidate",
        }
    }
}

/// What decides whether an acting goes on.
#[derive(Debug, Clone)]
struct Facts {
    ends_at: DateTime<Utc>,
    session_over: bool,
    roles: Vec<Role>,
    has_factor: bool,
    /// Disabled, merged, or without the address and the ID that every candidate has.
    candidate_closed: bool,
    candidate_is_staff: bool,
}

/// Why an acting is over; `None`: it goes on.
fn over(now: DateTime<Utc>, facts: &Facts) -> Option<End> {
    if facts.session_over {
        Some(End::Session)
    } else if !allows(&facts.roles, Permission::ActForCandidates) || !facts.has_factor {
        Some(End::Role)
    } else if facts.candidate_closed || facts.candidate_is_staff {
        Some(End::Candidate)
    } else if now >= facts.ends_at {
        Some(End::Time)
    } else {
        None
    }
}

/// What a session's acting is at a request.
#[derive(Debug)]
pub enum State {
    /// The candidate, for whom the request is, and the acting.
    GoesOn(Box<(Viewer, Acting)>),
    /// It has just been found to be over, and is to be ended.
    Over(ActingId, End),
    /// Somebody was quicker to end it.
    Gone,
}

/// Looks at the acting that `actor`'s session is in.
pub async fn look(pool: &PgPool, now: DateTime<Utc>, actor: &Viewer, id: ActingId) -> Result<State, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT c.ends_at, a.id AS account_id, a.candidate_id, a.given_name, a.family_name, a.language, a.time_zone, a.country,
                  e.address AS "address?", e.verified_at IS NOT NULL AS "verified!", has_second_factor(a) AS "has_factor!",
                  a.disabled_at IS NOT NULL OR a.merged_into IS NOT NULL AS "closed!",
                  EXISTS (SELECT FROM account_role r WHERE r.account_id = a.id) AS "is_staff!"
           FROM acting c JOIN account a ON a.id = c.account_id LEFT JOIN account_email e ON e.account_id = a.id AND e.is_primary
           WHERE c.id = $1 AND c.ended_at IS NULL"#,
        id as _
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(State::Gone) };
    let facts = Facts {
        ends_at: row.ends_at,
        session_over: false,
        roles: actor.roles.clone(),
        has_factor: actor.has_factor,
        candidate_closed: row.closed || row.candidate_id.is_none() || row.address.is_none(),
        candidate_is_staff: row.is_staff,
    };
    if let Some(end) = over(now, &facts) {
        return Ok(State::Over(id, end));
    }
    let candidate = Viewer {
        // The staff member's own: signing out ends it, and the candidate's sessions are left alone.
        session_id: actor.session_id,
        account_id: row.account_id,
        candidate_id: row.candidate_id,
        given_name: row.given_name,
        family_name: row.family_name,
        email: row.address.unwrap_or_default(),
        email_verified: row.verified,
        language: row.language,
        time_zone: row.time_zone,
        country: row.country,
        roles: vec![],
        has_factor: row.has_factor,
        awaiting_factor: false,
        // Nobody has proved to be the candidate.
        proved_at: DateTime::UNIX_EPOCH,
        acting: None,
    };
    Ok(State::GoesOn(Box::new((candidate, Acting { id, actor: actor.clone(), ends_at: row.ends_at }))))
}

/// Begins one in the session of `actor`. `None`: the session is in one already.
pub async fn begin(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    actor: &Viewer,
    account_id: AccountId,
    reason: &str,
) -> Result<Option<(ActingId, DateTime<Utc>)>, sqlx::Error> {
    let (id, ends_at): (ActingId, _) = (random::id(), now + LONGEST);
    let done = sqlx::query!(
        "INSERT INTO acting (id, session_id, staff_id, account_id, reason, started_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (session_id) WHERE ended_at IS NULL DO NOTHING",
        id as _,
        actor.session_id as _,
        actor.account_id as _,
        account_id as _,
        reason,
        now,
        ends_at
    )
    .execute(conn)
    .await?;
    Ok((done.rows_affected() == 1).then_some((id, ends_at)))
}

/// Ends one; gives the candidate's account and the member of staff's. `None`: it had ended.
pub async fn end(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    id: ActingId,
    end: End,
) -> Result<Option<(AccountId, AccountId)>, sqlx::Error> {
    let row = sqlx::query!(
        "UPDATE acting SET ended_at = LEAST($2, ends_at), ended_by = $3 WHERE id = $1 AND ended_at IS NULL RETURNING account_id, staff_id",
        id as _,
        now,
        end.as_str()
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.account_id, row.staff_id)))
}

/// Ends one that is over by itself, and writes it to the audit log once, whoever finds it first: a request or the worker.
pub async fn end_by_itself(conn: &mut PgConnection, now: DateTime<Utc>, id: ActingId, why: End) -> Result<Option<AccountId>, sqlx::Error> {
    let Some((account_id, staff_id)) = end(conn, now, id, why).await? else { return Ok(None) };
    let detail = json!({ "acting": id, "staff": staff_id, "by": why.as_str() });
    audit::record_by_program(conn, now, "staff.acting_ended", &account_id.to_string(), detail, false).await?;
    Ok(Some(account_id))
}

/// Ends those for accounts that are about to go.
pub async fn end_for(conn: &mut PgConnection, now: DateTime<Utc>, accounts: &[AccountId]) -> Result<(), sqlx::Error> {
    let going_on = sqlx::query_scalar!("SELECT id FROM acting WHERE account_id = ANY($1) AND ended_at IS NULL", accounts as _);
    for id in going_on.fetch_all(&mut *conn).await? {
        end_by_itself(conn, now, id, End::Candidate).await?;
    }
    Ok(())
}

/// Ends all that are over by now, though no request came to find it.
pub async fn end_all_over(pool: &PgPool, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.ends_at, s.ended_at IS NOT NULL OR f.disabled_at IS NOT NULL AS "session_over!", has_second_factor(f) AS "has_factor!",
                  ARRAY(SELECT role FROM account_role r WHERE r.account_id = f.id) AS "roles!",
                  a.disabled_at IS NOT NULL OR a.merged_into IS NOT NULL OR a.candidate_id IS NULL AS "closed!",
                  EXISTS (SELECT FROM account_role r WHERE r.account_id = a.id) AS "is_staff!"
           FROM acting c JOIN session s ON s.id = c.session_id JOIN account f ON f.id = c.staff_id JOIN account a ON a.id = c.account_id
           WHERE c.ended_at IS NULL"#
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        let facts = Facts {
            ends_at: row.ends_at,
            session_over: row.session_over,
            roles: row.roles.iter().filter_map(|role| Role::parse(role)).collect(),
            has_factor: row.has_factor,
            candidate_closed: row.closed,
            candidate_is_staff: row.is_staff,
        };
        if let Some(why) = over(now, &facts) {
            let mut tx = pool.begin().await?;
            end_by_itself(&mut tx, now, row.id, why).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> (DateTime<Utc>, Facts) {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let facts = Facts {
            ends_at: now + TimeDelta::seconds(1),
            session_over: false,
            roles: vec![Role::SupportAgent],
            has_factor: true,
            candidate_closed: false,
            candidate_is_staff: false,
        };
        (now, facts)
    }

    #[test]
    fn security_42_it_goes_on_only_while_everything_holds() {
        let (now, fine) = facts();
        assert_eq!(over(now, &fine), None);
        assert_eq!(over(now + TimeDelta::seconds(1), &fine), Some(End::Time), "at the end itself it is over");
        for (changed, why) in [
            (Facts { session_over: true, ..fine.clone() }, End::Session),
            (Facts { roles: vec![], ..fine.clone() }, End::Role),
            (Facts { roles: vec![Role::Auditor, Role::ExamManager], ..fine.clone() }, End::Role),
            (Facts { has_factor: false, ..fine.clone() }, End::Role),
            (Facts { candidate_closed: true, ..fine.clone() }, End::Candidate),
            (Facts { candidate_is_staff: true, ..fine.clone() }, End::Candidate),
        ] {
            assert_eq!(over(now, &changed), Some(why));
        }
    }

    #[test]
    fn security_42_what_is_not_on_the_list_is_closed() {
        assert_eq!(way("/exams/NL123"), Way::Logged);
        assert_eq!(way("/exams/NL123/"), Way::Logged, "a slash more is the same page");
        assert_eq!(way("/programme.css"), Way::Free);
        for closed in ["/exams/NL123/else", "/checkout", "/sandbox-pay/1", "/account/security", "/staff", "/staff/accounts/1", "/login"] {
            assert_eq!(way(closed), Way::Closed, "{closed}");
        }
        assert!(opens_function("/api/scheduling/hold") && opens_function("/api/staff/stop_acting"));
        for closed in ["/api/checkout/pay", "/api/sandbox/pay", "/api/accounts/change_password", "/api/scheduling/hold/", "scheduling/hold"]
        {
            assert!(!opens_function(closed), "{closed}");
        }
    }
}
