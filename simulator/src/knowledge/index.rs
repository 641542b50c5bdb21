//! Passages and their ranking.

use bm25::{Document as Ranked, Language, SearchEngine, SearchEngineBuilder};

use super::documents::Document;

/// A part of a document that can stand alone.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    /// The document's name.
    pub(crate) document: String,
    /// The section with its headings.
    pub(crate) text: String,
}

/// A passage found.
pub(crate) struct Hit<'a> {
    /// What was found.
    pub(crate) passage: &'a Passage,
    /// 0–1, better first.
    pub(crate) score: f32,
}

/// All passages, ready to be searched.
pub(crate) struct Index {
    passages: Vec<Passage>,
    engine: SearchEngine<u32>,
}

impl Index {
    /// Cuts the documents at their second-level headings.
    pub(crate) fn build(documents: &[Document]) -> Self {
        let passages: Vec<Passage> = documents.iter().flat_map(passages).collect();
        let ranked = (0..)
            .zip(&passages)
            .map(|(id, passage)| Ranked::new(id, passage.text.clone()));
        let engine = SearchEngineBuilder::with_documents(Language::English, ranked).build();
        Self { passages, engine }
    }

    /// The passages that have anything to do with the question, best first.
    pub(crate) fn search(&self, question: &str, limit: usize) -> Vec<Hit<'_>> {
        let found = self.engine.search(question, limit).into_iter();
        found
            .filter_map(|result| {
                let passage = self
                    .passages
                    .get(usize::try_from(result.document.id).ok()?)?;
                Some(Hit {
                    passage,
                    score: unit(result.score),
                })
            })
            .collect()
    }
}

/// BM25 has no upper bound; a Knowledge Base's scores lie between 0 and 1.
fn unit(score: f32) -> f32 {
    score / (score + 1.0)
}

/// The sections of a document, each under the document's title.
fn passages(document: &Document) -> Vec<Passage> {
    let mut sections = document.text.split("\n## ");
    let head = sections.next().unwrap_or_default().trim();
    let title = head.lines().next().unwrap_or_default();
    let whole = |text: String| Passage {
        document: document.name.clone(),
        text,
    };
    let first = (head != title).then(|| whole(head.to_owned()));
    first
        .into_iter()
        .chain(sections.map(|section| whole(format!("{title}\n\n## {}", section.trim()))))
        .collect()
}
