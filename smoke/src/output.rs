//! Output without what must stay secret.

use std::io::{Write as _, stderr, stdout};

use secrecy::{ExposeSecret as _, SecretString};

/// Standard output and standard error. Each text is one line, so that neither an answer nor a message of the server is a command
/// to what reads the log.
pub(crate) struct Output {
    secrets: Vec<SecretString>,
}

impl Output {
    /// Output of texts that hold no secret.
    pub(crate) fn plain() -> Self {
        Self {
            secrets: Vec::new(),
        }
    }

    /// Output in which `***` stands for each of these texts.
    pub(crate) fn without(secrets: Vec<SecretString>) -> Self {
        Self { secrets }
    }

    /// Prints a line to standard output. A failure to print is ignored, because the exit status tells the result.
    pub(crate) fn result(&self, line: &str) {
        let _ = writeln!(stdout(), "{}", self.shown(line));
    }

    /// Prints a line to standard error.
    pub(crate) fn problem(&self, line: &str) {
        let _ = writeln!(stderr(), "{}", self.shown(line));
    }

    fn shown(&self, line: &str) -> String {
        let mut shown = line.to_owned();
        for secret in &self.secrets {
            shown = shown.replace(secret.expose_secret(), "***");
        }
        // GitHub Actions reads commands after `##[` anywhere in a line, and after `::` at its start.
        shown.replace(char::is_control, " ").replace("##[", "## [")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_control_characters_are_not_shown() {
        let output = Output::without(
            ["wss://a.example/v1", "a.example"]
                .map(SecretString::from)
                .into(),
        );
        assert_eq!(
            output.shown("wss://a.example/v1 and a.example\n::debug::\u{1b}[1m"),
            "*** and *** ::debug:: [1m"
        );
        assert_eq!(output.shown("##[group]x"), "## [group]x");
    }
}
