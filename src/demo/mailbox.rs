//! The local mailbox: what it shows of a message.

pub use super::store::{Filter, Line, Message, PAGE, addresses, count, lines, message, messages};

impl Message {
    /// Addresses that the message links to.
    pub fn links(&self, portal: &str) -> Vec<String> {
        match self.channel.as_str() {
            "sms" => self
                .text
                .split_whitespace()
                .filter(|word| word.starts_with("http"))
                .map(|word| word.trim_end_matches('.').to_owned())
                .collect(),
            _ => links(&self.html, portal),
        }
    }
}

/// Addresses that the message links to, each once, in order; without the programme's own front page.
pub fn links(html: &str, portal: &str) -> Vec<String> {
    let mut links: Vec<String> = vec![];
    for part in html.split("href=\"").skip(1) {
        let Some((address, _)) = part.split_once('"') else { continue };
        let address = address.replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\"");
        let is_web = address.starts_with("http://") || address.starts_with("https://");
        if is_web && address.trim_end_matches('/') != portal && !links.contains(&address) {
            links.push(address);
        }
    }
    links
}

/// The message as a document of its own, whose links leave the frame it stands in.
pub fn document(html: &str) -> String {
    match html.split_once("<head>") {
        Some((before, after)) => format!("{before}<head><base target=\"_top\">{after}"),
        None => format!("<base target=\"_top\">{html}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_unescaped_and_named_once() {
        let html = r#"<a href="http://portal/x?a=1&amp;b=2">x</a> http://portal/x <a href="http://portal/x?a=1&amp;b=2">again</a>
                      <a href="mailto:a@b">m</a> <a href="http://portal">home</a> <a href="https://other.example/">o</a>"#;
        assert_eq!(links(html, "http://portal"), ["http://portal/x?a=1&b=2", "https://other.example/"]);
    }
}
