//! Dependencies between crates: the table in ARCHITECTURE.md, and what the small functions must not link.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::read_to_string;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// Crates of the workspace, each with the crates of the workspace that it depends on.
type Layers = BTreeMap<String, BTreeSet<String>>;

/// First cells of the table's head.
const HEAD: &str = "| crate | depends on |";

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .arg("--locked")
        .args(arguments)
        .output()
        .expect("cargo starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

/// Name of a crate in the table, where `longwire-` is left out.
fn short(name: &Value) -> String {
    let name = name.as_str().expect("a name is text");
    name.trim_start_matches("longwire-").to_owned()
}

/// Normal dependencies between the crates, as the manifests have them. A dependency with a path is a crate of the
/// workspace.
fn declared() -> Layers {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version=1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let layers = packages.iter().map(|package| {
        let dependencies = package["dependencies"].as_array().expect("a list");
        let dependencies = dependencies
            .iter()
            .filter(|dependency| dependency["kind"].is_null() && dependency["path"].is_string())
            .map(|dependency| short(&dependency["name"]));
        (short(&package["name"]), dependencies.collect())
    });
    layers.collect()
}

/// Rows of the table in ARCHITECTURE.md.
fn documented() -> Layers {
    let page = read_to_string(root().join("ARCHITECTURE.md")).expect("the page exists");
    let mut rows = page
        .lines()
        .skip_while(|line| !line.starts_with(HEAD))
        .skip(2);
    std::iter::from_fn(|| row(rows.next()?)).collect()
}

fn row(line: &str) -> Option<(String, BTreeSet<String>)> {
    let mut cells = line.strip_prefix('|')?.split('|');
    let name = cells.next()?.trim().trim_matches('`').to_owned();
    let dependencies = cells.next()?.split_whitespace().map(str::to_owned);
    Some((name, dependencies.collect()))
}

#[test]
fn the_table_in_the_architecture_lists_every_dependency_between_crates() {
    let (declared, documented) = (declared(), documented());
    for (name, dependencies) in &declared {
        let dependencies: Vec<&str> = dependencies.iter().map(String::as_str).collect();
        assert_eq!(
            documented.get(name),
            declared.get(name),
            "the row in ARCHITECTURE.md must be: | `{name}` | {} |",
            dependencies.join(" ")
        );
    }
    let unknown: Vec<_> = documented
        .keys()
        .filter(|name| !declared.contains_key(*name))
        .collect();
    assert!(unknown.is_empty(), "not in the workspace: {unknown:?}");
}

/// Crates that `function` links and whose names begin with one of `forbidden`.
fn linked(function: &str, forbidden: &[&str]) -> Vec<String> {
    let tree = cargo(&[
        "tree",
        "--package",
        function,
        "--edges=normal",
        "--prefix=none",
    ]);
    assert!(tree.starts_with(function), "{tree}");
    let is_forbidden = |line: &&str| forbidden.iter().any(|name| line.starts_with(name));
    tree.lines()
        .filter(is_forbidden)
        .map(str::to_owned)
        .collect()
}

#[test]
fn connect_and_disconnect_link_no_model_no_queue_and_no_http_client_of_tools() {
    for function in ["connect", "disconnect"] {
        let linked = linked(function, &["aws-sdk-bedrock", "aws-sdk-sqs", "reqwest"]);
        assert!(linked.is_empty(), "{function} links {linked:?}");
    }
}

#[test]
fn replay_links_no_model_and_no_tool() {
    let forbidden = [
        "aws-sdk-bedrock",
        "longwire-agent",
        "longwire-tools",
        "reqwest",
    ];
    let linked = linked("replay", &forbidden);
    assert!(linked.is_empty(), "replay links {linked:?}");
}
