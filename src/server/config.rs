//! Every setting, read once: the environment first, then `Leptos.toml`, then the default. All problems are
//! reported together, each with its setting's name. The table in the README is held equal to [`SETTINGS`] by a test.

use lettre::{AsyncSmtpTransport, Tokio1Executor};
use sqlx::postgres::PgConnectOptions;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

/// Name, default (empty: none) and meaning of each setting.
pub const SETTINGS: &[(&str, &str, &str)] = &[
    (
        "DATABASE_URL",
        "",
        "PostgreSQL to use, e.g. `postgres://user:password@host/name`. Without it the portal runs its own private cluster under the data directory.",
    ),
    (
        "CERTPORTAL_OWNER_DATABASE_URL",
        "",
        "The same database as its owner, for migrations. With it the role of `DATABASE_URL` gets only the rights the running portal needs, and cannot change the audit log. Without it that role must own the tables.",
    ),
    ("CERTPORTAL_DATA_DIR", "data", "Directory of the private database cluster and the server key."),
    (
        "CERTPORTAL_PUBLIC_URL",
        "http://<site address>",
        "The address people see, with scheme and without path; links in mails and QR codes start with it. Production needs https; without it the portal starts on loopback only, to try it.",
    ),
    (
        "CERTPORTAL_DEMO",
        "false",
        "Demo mode: demo data, the movable clock, the local mailbox and the style guide. Listens on loopback only.",
    ),
    (
        "CERTPORTAL_SMTP_URL",
        "",
        "SMTP server, e.g. `smtps://user:password@mail.example.org` or `smtp://host:25`. Without it mails stay in the local mailbox (demo) or wait (production).",
    ),
    (
        "CERTPORTAL_SMS_URL",
        "",
        "Address of an SMS provider that takes a POST of `{\"to\", \"from\", \"text\"}` as JSON. Without it messages stay in the local mailbox (demo), or phones are not offered as a second factor (production).",
    ),
    ("CERTPORTAL_SMS_TOKEN", "", "The bearer token that the SMS provider asks for."),
    ("CERTPORTAL_SMS_SENDER", "", "Who the SMS are from: a number in E.164, or a name of at most 11 letters and digits."),
    (
        "CERTPORTAL_GATEWAY",
        "none",
        "Payment gateway: `none` (nothing can be bought) or `sandbox` (test cards only: whoever knows one books for nothing; the default of demo mode).",
    ),
    (
        "CERTPORTAL_PASSWORD_POLICY",
        "programme",
        "`programme`: 8 characters with lower case, upper case and a digit. `nist`: the length rule of NIST SP 800-63B-4 instead, 15 characters of any kind, 8 with a second factor.",
    ),
    (
        "CERTPORTAL_PLACES_DB",
        "",
        "City database in MaxMind's format (GeoLite2 City, DB-IP City Lite): names the place of a sign-in in the list of sessions and in mails.",
    ),
    (
        "CERTPORTAL_SECURITY_CONTACT",
        "",
        "Where researchers report a weakness, as a `mailto:` or `https:` address; shown in `/.well-known/security.txt`. Without it the programme's support address.",
    ),
    (
        "CERTPORTAL_TRUSTED_PROXIES",
        "0",
        "How many reverse proxies stand in front; the client's address is that many hops from the right of X-Forwarded-For.",
    ),
    ("CERTPORTAL_DATABASE_CONNECTIONS", "20", "Size of the connection pool."),
    ("CERTPORTAL_RUN_AS", "postgres", "The unprivileged user that runs the private database cluster when the portal is started as root."),
    ("CERTPORTAL_LOG", "info", "Log filter, e.g. `info,certportal=debug`."),
    ("CERTPORTAL_LOG_FORMAT", "text", "`text` or `json`."),
    ("LEPTOS_SITE_ADDR", "127.0.0.1:3000", "Address and port to listen on."),
    ("LEPTOS_SITE_ROOT", ".site/root", "Directory of the built browser files."),
    (
        "LEPTOS_HASH_FILES",
        "false",
        "The built files carry a digest in their names, listed in `hash.txt` beside the program (`./run` builds them so).",
    ),
];

/// One setting that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub setting: Cow<'static, str>,
    pub problem: String,
}

impl Problem {
    pub fn new(setting: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        Self { setting: setting.into(), problem: problem.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

/// A setting whose value must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The SMS provider's interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsSettings {
    /// https, or http on this very machine.
    pub url: String,
    pub token: Secret,
    pub sender: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayKind {
    Sandbox,
    None,
}

/// What a new password must be like (product.md section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PasswordPolicy {
    /// At least 8 characters with lower case, upper case and a digit.
    #[default]
    Programme,
    /// NIST SP 800-63B-4: length alone, 15 characters, or 8 where a second factor stands beside it.
    Nist,
}

#[derive(Debug, Clone)]
pub struct Config {
    pub database_url: Option<Secret>,
    pub owner_database_url: Option<Secret>,
    pub database_connections: u32,
    pub data_dir: PathBuf,
    /// Scheme and host without a trailing slash.
    pub public_url: String,
    pub demo: bool,
    pub smtp_url: Option<Secret>,
    pub sms: Option<SmsSettings>,
    pub gateway: GatewayKind,
    pub password_policy: PasswordPolicy,
    pub places_db: Option<PathBuf>,
    /// `mailto:` or `https:`.
    pub security_contact: Option<String>,
    pub trusted_proxies: usize,
    pub run_as: String,
    pub log: String,
    pub log_json: bool,
    pub site_addr: SocketAddr,
    pub site_root: PathBuf,
    pub hash_files: bool,
}

/// What the command line sets; it wins over the environment.
#[derive(Debug, Default, Clone)]
pub struct Overrides {
    pub demo: bool,
    pub port: Option<u16>,
    pub data_dir: Option<PathBuf>,
}

impl Config {
    /// Reads the process environment and `Leptos.toml` of the working directory.
    pub fn from_environment(overrides: &Overrides) -> Result<Self, Vec<Problem>> {
        let (config, problems) = Self::whole_environment(overrides);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The same for `certportal check`, which goes on with what can be used: a setting that cannot has its default.
    pub fn whole_environment(overrides: &Overrides) -> (Self, Vec<Problem>) {
        let environment: HashMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .collect();
        let (leptos, unreadable) = match std::fs::read_to_string("Leptos.toml") {
            Ok(text) => (text, None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (String::new(), None),
            Err(error) => (String::new(), Some(Problem::new("Leptos.toml", format!("cannot be read: {error}")))),
        };
        let (config, problems) = Self::read_whole(&environment, &leptos, overrides);
        (config, unreadable.into_iter().chain(problems).collect())
    }

    /// The same from given texts (tests).
    pub fn read(environment: &HashMap<String, String>, leptos_toml: &str, overrides: &Overrides) -> Result<Self, Vec<Problem>> {
        let (config, problems) = Self::read_whole(environment, leptos_toml, overrides);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    fn read_whole(environment: &HashMap<String, String>, leptos_toml: &str, overrides: &Overrides) -> (Self, Vec<Problem>) {
        let mut problems = vec![];
        let leptos = parse_leptos(leptos_toml).unwrap_or_else(|error| {
            let problem = format!("cannot be read as TOML: {}", error.message());
            problems.push(Problem::new("Leptos.toml", problem));
            HashMap::new()
        });
        let mut reader = Reader { environment, leptos, problems };
        let mut site_addr: SocketAddr = reader.parsed("LEPTOS_SITE_ADDR", "an address with a port such as 127.0.0.1:3000");
        if let Some(port) = overrides.port {
            site_addr.set_port(port);
        }
        let demo = overrides.demo || reader.flag("CERTPORTAL_DEMO");
        if demo && !site_addr.ip().is_loopback() {
            reader.problem("LEPTOS_SITE_ADDR", "demo mode has known passwords and listens on loopback only: use 127.0.0.1");
        }
        let public_url = match reader.optional("CERTPORTAL_PUBLIC_URL") {
            Some(url) => reader.public_url(url, demo),
            None => {
                // Somebody who tries production mode on one machine needs none; `certportal check` tells of it all the same.
                if !demo && !site_addr.ip().is_loopback() {
                    reader.problem("CERTPORTAL_PUBLIC_URL", "is needed in production, with https: links in mails start with it");
                }
                format!("http://{site_addr}")
            }
        };
        let gateway = reader.optional("CERTPORTAL_GATEWAY").unwrap_or_else(|| if demo { "sandbox" } else { "none" }.to_owned());
        let gateway = match gateway.as_str() {
            "sandbox" => GatewayKind::Sandbox,
            "none" => GatewayKind::None,
            other => {
                reader.problem("CERTPORTAL_GATEWAY", format!("`{other}` is not one of sandbox, none"));
                GatewayKind::None
            }
        };
        let database_url = reader.postgres_url("DATABASE_URL");
        let owner_database_url = reader.postgres_url("CERTPORTAL_OWNER_DATABASE_URL");
        if owner_database_url.is_some() && database_url.is_none() {
            reader.problem("CERTPORTAL_OWNER_DATABASE_URL", "is of no use without DATABASE_URL");
        }
        let smtp_url = reader.optional("CERTPORTAL_SMTP_URL").map(Secret);
        if let Some(Secret(url)) = &smtp_url {
            if !(url.starts_with("smtp://") || url.starts_with("smtps://")) {
                reader.problem("CERTPORTAL_SMTP_URL", "does not start with smtp:// or smtps://");
            } else if AsyncSmtpTransport::<Tokio1Executor>::from_url(url).is_err() {
                reader.problem("CERTPORTAL_SMTP_URL", "cannot be read as an address of a mail server");
            }
        }
        let password_policy = match reader.text("CERTPORTAL_PASSWORD_POLICY").as_str() {
            "programme" => PasswordPolicy::Programme,
            "nist" => PasswordPolicy::Nist,
            other => {
                reader.problem("CERTPORTAL_PASSWORD_POLICY", format!("`{other}` is not one of programme, nist"));
                PasswordPolicy::Programme
            }
        };
        let security_contact = reader.optional("CERTPORTAL_SECURITY_CONTACT");
        if let Some(contact) = &security_contact
            && !(contact.starts_with("mailto:") || contact.starts_with("https://"))
        {
            reader.problem("CERTPORTAL_SECURITY_CONTACT", "does not start with mailto: or https://");
        }
        let sms = reader.sms();
        let log_json = match reader.text("CERTPORTAL_LOG_FORMAT").as_str() {
            "text" => false,
            "json" => true,
            other => {
                reader.problem("CERTPORTAL_LOG_FORMAT", format!("`{other}` is not one of text, json"));
                false
            }
        };
        let database_connections: u32 = reader.parsed("CERTPORTAL_DATABASE_CONNECTIONS", "a whole number");
        if !(2..=1000).contains(&database_connections) {
            reader.problem("CERTPORTAL_DATABASE_CONNECTIONS", "must be between 2 and 1000");
        }
        let config = Config {
            database_url,
            owner_database_url,
            database_connections,
            data_dir: overrides.data_dir.clone().unwrap_or_else(|| PathBuf::from(reader.text("CERTPORTAL_DATA_DIR"))),
            public_url,
            demo,
            smtp_url,
            sms,
            gateway,
            password_policy,
            places_db: reader.optional("CERTPORTAL_PLACES_DB").map(PathBuf::from),
            security_contact,
            trusted_proxies: reader.parsed("CERTPORTAL_TRUSTED_PROXIES", "a whole number"),
            run_as: reader.text("CERTPORTAL_RUN_AS"),
            log: reader.log(),
            log_json,
            site_addr,
            site_root: PathBuf::from(reader.text("LEPTOS_SITE_ROOT")),
            hash_files: reader.flag("LEPTOS_HASH_FILES"),
        };
        (config, reader.problems)
    }

    /// Variables that look like settings of this program and are none: misspelt, most likely. The program starts with them; `certportal
    /// check` and the log tell of them.
    pub fn unknown_variables() -> Vec<Problem> {
        unknown(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
    }

    /// An absolute address for a path of this portal.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// The host of the public address: the right side of message and calendar ids.
    pub fn host(&self) -> &str {
        self.public_url.split("://").nth(1).unwrap_or("localhost").split(':').next().unwrap_or("localhost")
    }

    /// Settings for tests: demo mode, nothing from the environment, and no browser files, whatever was built here before.
    pub fn for_tests(data_dir: &Path) -> Self {
        let overrides = Overrides { demo: true, port: None, data_dir: Some(data_dir.to_path_buf()) };
        let read = Self::read(&HashMap::new(), "", &overrides).expect("the defaults are valid");
        Self { site_root: data_dir.join("site"), ..read }
    }
}

fn unknown(names: impl Iterator<Item = String>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = names
        .filter(|name| name.starts_with("CERTPORTAL_") && SETTINGS.iter().all(|(known, ..)| known != name))
        // What the tests use, and what Kubernetes sets beside a service of this name.
        .filter(|name| {
            !["CERTPORTAL_TEST_", "CERTPORTAL_BIN", "CERTPORTAL_SERVICE_", "CERTPORTAL_PORT"].iter().any(|prefix| name.starts_with(prefix))
        })
        .map(|name| {
            let nearest = SETTINGS.iter().map(|(known, ..)| (*known, strsim::damerau_levenshtein(known, &name))).min_by_key(|near| near.1);
            // More than a slip in a short name is another name.
            let slips = (name.len() - "CERTPORTAL_".len()).div_ceil(3).min(3);
            let problem = match nearest {
                Some((known, distance)) if distance <= slips => format!("is no setting of this program: is {known} meant?"),
                _ => "is no setting of this program: the README lists them".to_owned(),
            };
            Problem::new(name, problem)
        })
        .collect();
    problems.sort_by(|a, b| a.setting.cmp(&b.setting));
    problems
}

/// The run-time keys of `Leptos.toml` by the name of the variable that overrides them.
fn parse_leptos(text: &str) -> Result<HashMap<String, String>, toml::de::Error> {
    let table = text.parse::<toml::Table>()?;
    let keys = ["package", "metadata", "leptos"].iter().try_fold(&table, |table, key| table.get(*key)?.as_table());
    let named = keys.cloned().unwrap_or_default().into_iter().map(|(key, value)| {
        let value = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
        (format!("LEPTOS_{}", key.to_uppercase().replace('-', "_")), value)
    });
    Ok(named.collect())
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

struct Reader<'a> {
    environment: &'a HashMap<String, String>,
    leptos: HashMap<String, String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, setting: &'static str, problem: impl Into<String>) {
        self.problems.push(Problem::new(setting, problem));
    }

    fn optional(&self, setting: &str) -> Option<String> {
        let value = self.environment.get(setting).or_else(|| self.leptos.get(setting))?;
        (!value.trim().is_empty()).then(|| value.trim().to_owned())
    }

    fn default(setting: &str) -> &'static str {
        SETTINGS.iter().find(|(name, ..)| *name == setting).map(|(_, default, _)| *default).unwrap_or_default()
    }

    fn text(&self, setting: &str) -> String {
        self.optional(setting).unwrap_or_else(|| Self::default(setting).to_owned())
    }

    fn parsed<T: std::str::FromStr>(&mut self, setting: &'static str, form: &str) -> T
    where
        T::Err: fmt::Debug,
    {
        let text = self.text(setting);
        text.parse().unwrap_or_else(|_| {
            self.problem(setting, format!("`{text}` is not {form}"));
            Self::default(setting).parse().expect("the default is valid")
        })
    }

    fn flag(&mut self, setting: &'static str) -> bool {
        self.parsed(setting, "true or false")
    }

    fn postgres_url(&mut self, setting: &'static str) -> Option<Secret> {
        let url = self.optional(setting)?;
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            self.problem(setting, "does not start with postgres://");
        } else if url.parse::<PgConnectOptions>().is_err() {
            self.problem(setting, "cannot be read as a PostgreSQL address");
        }
        Some(Secret(url))
    }

    fn log(&mut self) -> String {
        let filter = self.text("CERTPORTAL_LOG");
        if let Err(error) = EnvFilter::try_new(&filter) {
            self.problem("CERTPORTAL_LOG", format!("`{filter}` is no log filter: {error}"));
        }
        filter
    }

    /// The SMS provider's three settings: all of them or none.
    fn sms(&mut self) -> Option<SmsSettings> {
        let Some(url) = self.optional("CERTPORTAL_SMS_URL") else {
            for setting in ["CERTPORTAL_SMS_TOKEN", "CERTPORTAL_SMS_SENDER"] {
                if self.optional(setting).is_some() {
                    self.problem(setting, "is of no use without CERTPORTAL_SMS_URL");
                }
            }
            return None;
        };
        let token = self.optional("CERTPORTAL_SMS_TOKEN").unwrap_or_default();
        let sender = self.optional("CERTPORTAL_SMS_SENDER").unwrap_or_default();
        match url.parse::<axum::http::Uri>() {
            Ok(address) => {
                let host = address.host().unwrap_or_default();
                let scheme = address.scheme_str().unwrap_or_default();
                if scheme != "https" && !(scheme == "http" && is_this_machine(host)) {
                    self.problem("CERTPORTAL_SMS_URL", "does not start with https://");
                }
            }
            Err(_) => self.problem("CERTPORTAL_SMS_URL", "cannot be read as an address"),
        }
        if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
            self.problem("CERTPORTAL_SMS_TOKEN", "is needed with CERTPORTAL_SMS_URL, without spaces");
        }
        let number =
            sender.strip_prefix('+').is_some_and(|digits| (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
        let name = (1..=11).contains(&sender.len()) && sender.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ');
        if !number && !name {
            self.problem(
                "CERTPORTAL_SMS_SENDER",
                "is needed with CERTPORTAL_SMS_URL: +<number>, or a name of at most 11 letters and digits",
            );
        }
        Some(SmsSettings { url, token: Secret(token), sender })
    }

    fn public_url(&mut self, url: String, demo: bool) -> String {
        let url = url.trim_end_matches('/').to_owned();
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains('/') => {
                let local = host.split(':').next().is_some_and(is_this_machine);
                if url.starts_with("http://") && !local && !demo {
                    self.problem("CERTPORTAL_PUBLIC_URL", "must be https in production");
                }
            }
            _ => self.problem("CERTPORTAL_PUBLIC_URL", format!("`{url}` is not https://host without a path")),
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        let environment = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Config::read(&environment, "[package.metadata.leptos]\nsite-addr = \"127.0.0.1:4000\"\n", &Overrides::default())
    }

    #[test]
    fn environment_wins_over_leptos_toml() {
        assert_eq!(read(&[]).unwrap().site_addr.port(), 4000);
        assert_eq!(read(&[("LEPTOS_SITE_ADDR", "127.0.0.1:5000")]).unwrap().site_addr.port(), 5000);
    }

    #[test]
    fn all_problems_are_told_at_once_by_name() {
        let problems = read(&[
            ("LEPTOS_SITE_ADDR", "nowhere"),
            ("DATABASE_URL", "mysql://x"),
            ("CERTPORTAL_PUBLIC_URL", "http://portal.example.org"),
            ("CERTPORTAL_GATEWAY", "cash"),
        ])
        .unwrap_err();
        let names: Vec<_> = problems.into_iter().map(|problem| problem.setting).collect();
        assert_eq!(names, ["LEPTOS_SITE_ADDR", "CERTPORTAL_PUBLIC_URL", "CERTPORTAL_GATEWAY", "DATABASE_URL"]);
    }

    #[test]
    fn demo_mode_stays_on_loopback() {
        assert!(read(&[("CERTPORTAL_DEMO", "true"), ("LEPTOS_SITE_ADDR", "0.0.0.0:80")]).is_err());
    }

    #[test]
    fn test_cards_pay_in_demo_mode_only_unless_somebody_asks_for_them() {
        assert_eq!(read(&[]).unwrap().gateway, GatewayKind::None);
        assert_eq!(read(&[("CERTPORTAL_DEMO", "true")]).unwrap().gateway, GatewayKind::Sandbox);
        assert_eq!(read(&[("CERTPORTAL_GATEWAY", "sandbox")]).unwrap().gateway, GatewayKind::Sandbox);
    }

    #[test]
    fn secrets_are_never_printed() {
        let config = read(&[
            ("DATABASE_URL", "postgres://u:hunter2@h/d"),
            ("CERTPORTAL_SMS_URL", "https://sms.example.org/send"),
            ("CERTPORTAL_SMS_TOKEN", "hunter3"),
            ("CERTPORTAL_SMS_SENDER", "Northlight"),
        ])
        .unwrap();
        assert!(!format!("{config:?}").contains("hunter"));
    }

    #[test]
    fn an_sms_provider_needs_an_encrypted_address_a_token_and_a_sender() {
        let names = |url: &str, token: &str, sender: &str| -> Vec<Cow<'static, str>> {
            let pairs = [("CERTPORTAL_SMS_URL", url), ("CERTPORTAL_SMS_TOKEN", token), ("CERTPORTAL_SMS_SENDER", sender)];
            read(&pairs).err().unwrap_or_default().into_iter().map(|problem| problem.setting).collect()
        };
        assert!(names("https://sms.example.org/v1/send", "t", "+4930123456").is_empty());
        assert!(names("http://127.0.0.1:9999/send", "t", "Northlight").is_empty());
        assert_eq!(names("http://sms.example.org/", "t", "Northlight"), ["CERTPORTAL_SMS_URL"]);
        assert_eq!(
            names("sms.example.org", "", "A name that is long"),
            ["CERTPORTAL_SMS_URL", "CERTPORTAL_SMS_TOKEN", "CERTPORTAL_SMS_SENDER"]
        );
        assert!(names("", "", "").is_empty() && read(&[]).unwrap().sms.is_none());
        assert_eq!(names("", "t", "Northlight"), ["CERTPORTAL_SMS_TOKEN", "CERTPORTAL_SMS_SENDER"]);
    }

    #[test]
    fn what_cannot_be_read_is_a_problem_and_not_a_default() {
        let names = |pairs: &[(&str, &str)]| -> Vec<Cow<'static, str>> {
            read(pairs).err().unwrap_or_default().into_iter().map(|problem| problem.setting).collect()
        };
        assert_eq!(names(&[("CERTPORTAL_LOG", "certportal=loud")]), ["CERTPORTAL_LOG"]);
        assert_eq!(names(&[("CERTPORTAL_SMTP_URL", "smtp://host:mail")]), ["CERTPORTAL_SMTP_URL"]);
        assert_eq!(names(&[("DATABASE_URL", "postgres://host:database")]), ["DATABASE_URL"]);
        let (_, problems) = Config::read_whole(&HashMap::new(), "[package\n", &Overrides::default());
        assert!(problems.len() == 1 && problems[0].setting == "Leptos.toml", "{problems:?}");
    }

    #[test]
    fn production_that_others_can_reach_needs_its_public_address() {
        let open = ("LEPTOS_SITE_ADDR", "0.0.0.0:3000");
        let problems = read(&[open]).unwrap_err();
        assert!(problems.len() == 1 && problems[0].setting == "CERTPORTAL_PUBLIC_URL", "{problems:?}");
        assert!(read(&[open, ("CERTPORTAL_PUBLIC_URL", "https://portal.example.org")]).is_ok());
        assert!(read(&[]).is_ok(), "on one's own machine");
    }

    #[test]
    fn a_misspelt_setting_is_told_with_the_one_that_is_meant() {
        let names =
            ["CERTPORTAL_SMPT_URL", "CERTPORTAL_SMTP_URL", "CERTPORTAL_TEST_CLUSTER", "CERTPORTAL_SERVICE_HOST", "CERTPORTAL_X", "PATH"];
        let told: Vec<String> = unknown(names.into_iter().map(str::to_owned)).iter().map(Problem::to_string).collect();
        assert_eq!(
            told,
            [
                "CERTPORTAL_SMPT_URL: is no setting of this program: is CERTPORTAL_SMTP_URL meant?",
                "CERTPORTAL_X: is no setting of this program: the README lists them",
            ]
        );
    }
}
