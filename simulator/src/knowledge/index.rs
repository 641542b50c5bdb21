//! Passages and their ranking.

use bm25::{Document as Ranked, Language, SearchEngine, SearchEngineBuilder};

use super::documents::Document;

/// Section of a document.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    /// File name of the document.
    pub(crate) document: String,
    /// Text of the section with the title of the document and its own heading.
    pub(crate) text: String,
}

/// Result of a search.
pub(crate) struct Hit<'a> {
    /// The passage.
    pub(crate) passage: &'a Passage,
    /// Relevance between 0 and 1; higher is better.
    pub(crate) score: f32,
}

/// Search index over all passages.
pub(crate) struct Index {
    passages: Vec<Passage>,
    engine: SearchEngine<u32>,
}

impl Index {
    /// Splits the documents at their second-level headings and indexes the passages.
    pub(crate) fn build(documents: &[Document]) -> Self {
        let passages: Vec<Passage> = documents.iter().flat_map(passages).collect();
        let ranked = (0..)
            .zip(&passages)
            .map(|(id, passage)| Ranked::new(id, passage.text.clone()));
        let engine = SearchEngineBuilder::with_documents(Language::English, ranked).build();
        Self { passages, engine }
    }

    /// Returns at most `limit` passages that share a term with the query, best first.
    pub(crate) fn search(&self, query: &str, limit: usize) -> Vec<Hit<'_>> {
        let results = self.engine.search(query, limit).into_iter();
        results
            .filter_map(|result| {
                let passage = self
                    .passages
                    .get(usize::try_from(result.document.id).ok()?)?;
                Some(Hit {
                    passage,
                    score: normalize(result.score),
                })
            })
            .collect()
    }
}

/// Maps a BM25 score, which has no upper bound, to the range of a Knowledge Base's scores, 0 to 1.
fn normalize(score: f32) -> f32 {
    score / (score + 1.0)
}

/// Returns the sections of a document, each with the title of the document.
fn passages(document: &Document) -> Vec<Passage> {
    let mut sections = document.text.split("\n## ");
    let head = sections.next().unwrap_or_default().trim();
    let title = head.lines().next().unwrap_or_default();
    let passage = |text: String| Passage {
        document: document.name.clone(),
        text,
    };
    let first = (head != title).then(|| passage(head.to_owned()));
    first
        .into_iter()
        .chain(sections.map(|section| passage(format!("{title}\n\n## {}", section.trim()))))
        .collect()
}
