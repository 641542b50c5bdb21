//! Documents of the Knowledge Base: the built-in ones, or the files of a folder.

use std::{fs, io, path::Path, path::PathBuf};

/// One document.
#[derive(Clone, Debug)]
pub struct Document {
    /// File name.
    pub name: String,
    /// Content in Markdown.
    pub text: String,
}

/// A folder or a document cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: the documents cannot be read", path.display())]
pub struct DocumentsError {
    path: PathBuf,
    source: io::Error,
}

const BUILT_IN: [(&str, &str); 7] = [
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

/// Returns the documents that are compiled into the binary.
#[must_use]
pub fn built_in() -> Vec<Document> {
    let document = |(name, text): &(&str, &str)| Document {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    BUILT_IN.iter().map(document).collect()
}

/// Reads the `*.md` files of a folder, sorted by path.
///
/// # Errors
/// Fails when the folder or a file in it cannot be read, or a file is not UTF-8.
pub fn read_folder(folder: &Path) -> Result<Vec<Document>, DocumentsError> {
    let unreadable = |source| DocumentsError {
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
    paths.into_iter().map(read_document).collect()
}

fn read_document(path: PathBuf) -> Result<Document, DocumentsError> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Document { name, text }),
        Err(source) => Err(DocumentsError { path, source }),
    }
}
