//! A mail server that takes whatever it is given, and the reading of what came.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub struct SmtpServer {
    pub url: String,
    received: mpsc::UnboundedReceiver<Received>,
}

/// What one client said: the envelope and the message as it came.
#[derive(Debug)]
pub struct Received {
    pub from: String,
    pub to: String,
    pub message: String,
}

impl SmtpServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let (sender, received) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, sender.clone()));
            }
        });
        Self { url, received }
    }

    /// The messages that have come so far.
    pub fn take(&mut self) -> Vec<Received> {
        std::iter::from_fn(|| self.received.try_recv().ok()).collect()
    }
}

async fn serve(stream: TcpStream, received: mpsc::UnboundedSender<Received>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let (mut from, mut to) = (String::new(), String::new());
    let _ = write.write_all(b"220 test ESMTP\r\n").await;
    while let Ok(Some(line)) = lines.next_line().await {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let path = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let answer = match word.as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME\r\n",
            "MAIL" => {
                from = path();
                "250 ok\r\n"
            }
            "RCPT" if path().starts_with("nobody@") => "550 5.1.1 <nobody@example.com>: no such mailbox\r\n",
            "RCPT" if path().starts_with("relay@") => "550 5.7.1 relaying denied\r\n",
            "RCPT" => {
                to = path();
                "250 ok\r\n"
            }
            "DATA" => {
                let _ = write.write_all(b"354 go on\r\n").await;
                let mut message = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    message.push_str(line.strip_prefix('.').unwrap_or(&line));
                    message.push_str("\r\n");
                }
                let _ = received.send(Received { from: from.clone(), to: to.clone(), message });
                "250 ok\r\n"
            }
            "QUIT" => {
                let _ = write.write_all(b"221 bye\r\n").await;
                return;
            }
            _ => "250 ok\r\n",
        };
        if write.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A part of a message: its header fields, unfolded and decoded, and its body as it came.
pub struct Part {
    fields: Vec<(String, String)>,
    body: String,
}

impl Part {
    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let fields = unfolded.split("\r\n").filter_map(|line| line.split_once(": "));
        Self { fields: fields.map(|(name, value)| (name.to_ascii_lowercase(), decoded_words(value))).collect(), body: body.to_owned() }
    }

    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The leaves, in their order: what is no multipart.
    pub fn leaves(self) -> Vec<Part> {
        let kind = self.field("content-type");
        let Some((_, boundary)) = kind.split_once("boundary=").filter(|_| kind.starts_with("multipart/")) else { return vec![self] };
        let line = format!("--{}", boundary.trim_matches('"').split([';', '"']).next().unwrap());
        let inside = self.body.split(&line).skip(1).take_while(|part| !part.starts_with("--"));
        inside.flat_map(|part| Part::parse(part.trim_start_matches("\r\n")).leaves()).collect()
    }

    /// The text of a leaf.
    pub fn text(&self) -> String {
        let bytes = match self.field("content-transfer-encoding") {
            "base64" => STANDARD.decode(self.body.split_whitespace().collect::<String>()).unwrap(),
            "quoted-printable" => quoted_printable(&self.body.replace("=\r\n", "")),
            _ => self.body.clone().into_bytes(),
        };
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n").trim_end().to_owned()
    }
}

/// `=?utf-8?b?…?=` and `=?utf-8?q?…?=` in a header field.
fn decoded_words(value: &str) -> String {
    let mut out = vec![];
    let mut rest = value;
    while let Some((before, word)) = rest.split_once("=?") {
        let mut pieces = word.splitn(4, '?');
        let (Some(_), Some(coding), Some(text), Some(after)) = (pieces.next(), pieces.next(), pieces.next(), pieces.next()) else { break };
        // White space between two encoded words is none of the text.
        if !before.trim().is_empty() {
            out.extend_from_slice(before.as_bytes());
        }
        out.extend(match coding {
            "b" | "B" => STANDARD.decode(text).unwrap(),
            _ => quoted_printable(&text.replace('_', " ")),
        });
        rest = after.strip_prefix('=').unwrap_or(after);
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8(out).unwrap()
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let mut pieces = text.split('=');
    let mut out = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at(2);
        out.push(u8::from_str_radix(code, 16).unwrap());
        out.extend_from_slice(rest.as_bytes());
    }
    out
}
