//! The layers of ARCHITECTURE.md: a module uses its own layer and those above it, never below.

use std::fs;
use std::path::{Path, PathBuf};

/// A list of modules in one `use` would hide their names from the other words.
const LIST: &str = "crate::{";

/// A layer: its modules, and the words it must never mention.
struct Layer {
    modules: &'static [&'static str],
    forbidden: &'static [&'static str],
}

const LAYERS: [Layer; 4] = [
    Layer {
        modules: &["ids", "message", "run", "job", "wire"],
        forbidden: &[
            "async ",
            "aws_",
            "lambda_",
            "std::env",
            "tokio",
            "crate::agent",
            "crate::history",
            "crate::model",
            "crate::sender",
            "crate::tools",
            "crate::aws",
            "crate::env",
            "crate::telemetry",
        ],
    },
    Layer {
        modules: &["agent", "history", "model", "sender", "tools"],
        forbidden: &[
            "aws_sdk_",
            "aws_config",
            "aws_smithy",
            "lambda_",
            "std::env",
            "crate::aws",
            "crate::env",
            "crate::telemetry",
        ],
    },
    Layer {
        modules: &["aws"],
        forbidden: &[
            "lambda_",
            "std::env",
            "crate::agent",
            "crate::env",
            "crate::telemetry",
        ],
    },
    Layer {
        modules: &["env", "telemetry"],
        forbidden: &[
            "aws_sdk_",
            "crate::agent",
            "crate::history",
            "crate::model",
            "crate::sender",
            "crate::tools",
            "crate::aws",
        ],
    },
];

fn sources(at: &Path, found: &mut Vec<PathBuf>) {
    if at.is_dir() {
        for entry in fs::read_dir(at).expect("the folder can be read") {
            sources(&entry.expect("its entries, too").path(), found);
        }
    } else if at.extension().is_some_and(|extension| extension == "rs") {
        found.push(at.to_owned());
    }
}

/// The code of a file: comments may mention what they like.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn no_module_reaches_below_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = Vec::new();
    let mut wrong = Vec::new();
    for layer in &LAYERS {
        for module in layer.modules {
            let mut files = Vec::new();
            sources(&root.join(format!("{module}.rs")), &mut files);
            let folder = root.join(module);
            if folder.exists() {
                sources(&folder, &mut files);
            }
            for file in files {
                let text = fs::read_to_string(&file).expect("a source is text");
                for (at, line) in code(&text) {
                    let forbidden = layer.forbidden.iter().chain([&LIST]);
                    for word in forbidden.filter(|word| line.contains(**word)) {
                        wrong.push(format!("{}:{}: {word}", file.display(), at + 1));
                    }
                }
                seen.push(file);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "forbidden in their layer:\n{}",
        wrong.join("\n")
    );

    let mut all = Vec::new();
    sources(&root, &mut all);
    all.retain(|file| !seen.contains(file) && !file.ends_with("lib.rs"));
    assert!(all.is_empty(), "in no layer: {all:?}");
}

#[test]
fn the_lambdas_leave_the_environment_to_shared() {
    let lambdas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lambdas");
    let mut files = Vec::new();
    sources(&lambdas, &mut files);
    for file in files
        .iter()
        .filter(|file| !file.components().any(|part| part.as_os_str() == "tests"))
    {
        let text = fs::read_to_string(file).expect("a source is text");
        let reads = code(&text).any(|(_, line)| line.contains("std::env"));
        assert!(!reads, "{} reads the environment itself", file.display());
    }
    assert!(!files.is_empty());
}
