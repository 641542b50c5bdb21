//! The documents: the ones shipped in the binary, or a folder of others.

use std::{fs, io, path::Path, path::PathBuf};

/// One document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its file's name.
    pub name: String,
    /// Markdown.
    pub text: String,
}

/// The folder cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: the documents cannot be read", path.display())]
pub struct Unreadable {
    path: PathBuf,
    source: io::Error,
}

const SHIPPED: [(&str, &str); 7] = [
    ("accounts.md", include_str!("../../knowledge/accounts.md")),
    (
        "opening-hours.md",
        include_str!("../../knowledge/opening-hours.md"),
    ),
    ("payment.md", include_str!("../../knowledge/payment.md")),
    ("repairs.md", include_str!("../../knowledge/repairs.md")),
    ("returns.md", include_str!("../../knowledge/returns.md")),
    ("shipping.md", include_str!("../../knowledge/shipping.md")),
    ("warranty.md", include_str!("../../knowledge/warranty.md")),
];

/// The documents in the binary.
#[must_use]
pub fn shipped() -> Vec<Document> {
    let document = |(name, text): &(&str, &str)| Document {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    SHIPPED.iter().map(document).collect()
}

/// The `*.md` files of a folder, by name.
///
/// # Errors
/// When the folder or a file in it cannot be read, or is not UTF-8.
pub fn read(folder: &Path) -> Result<Vec<Document>, Unreadable> {
    let unreadable = |source| Unreadable {
        path: folder.to_owned(),
        source,
    };
    let entries: io::Result<Vec<_>> = fs::read_dir(folder).map_err(unreadable)?.collect();
    let mut paths: Vec<PathBuf> = entries
        .map_err(unreadable)?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    paths.into_iter().map(document).collect()
}

fn document(path: PathBuf) -> Result<Document, Unreadable> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Document { name, text }),
        Err(source) => Err(Unreadable { path, source }),
    }
}
