//! Which packages a run is about, and what the workspace holds.

use anyhow::Context;
use serde_json::Value;

use crate::command::{cargo, run_quietly};

/// The packages that `-p` and `--package` name in `args`, and what else the arguments hold.
pub(crate) fn split_selection(args: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut chosen, mut rest) = (Vec::new(), Vec::new());
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let joined = word
            .strip_prefix("--package=")
            .or_else(|| word.strip_prefix("-p").filter(|name| !name.is_empty()));
        match (word.as_str(), joined) {
            ("-p" | "--package", _) => match words.next() {
                Some(name) => chosen.push(name.clone()),
                None => rest.push(word.clone()),
            },
            (_, Some(name)) => chosen.push(name.to_owned()),
            (_, None) => rest.push(word.clone()),
        }
    }
    (chosen, rest)
}

/// The arguments that choose `packages`, or the whole workspace when there are none.
pub(crate) fn selection(packages: &[String]) -> Vec<String> {
    if packages.is_empty() {
        return vec!["--workspace".to_owned()];
    }
    packages
        .iter()
        .map(|package| format!("--package={package}"))
        .collect()
}

/// The names of the targets of `package` that are of `kind` ("lib", "bench").
pub(crate) fn targets(package: &str, kind: &str) -> anyhow::Result<Vec<String>> {
    let written =
        run_quietly(cargo().args(["metadata", "--no-deps", "--offline", "--format-version=1"]))?;
    let metadata: Value =
        serde_json::from_str(&written).context("cargo metadata wrote something else than JSON")?;
    Ok(targets_in(&metadata, package, kind))
}

fn targets_in(metadata: &Value, package: &str, kind: &str) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .filter(|found| found["name"] == package)
        .flat_map(|found| list(&found["targets"]))
        .filter(|target| list(&target["kind"]).iter().any(|word| word == kind))
        .filter_map(|target| target["name"].as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn packages_are_told_from_other_arguments_in_every_form() {
        let (chosen, rest) = split_selection(&words(
            "-p clock --package=store -pweb a_name --package engine",
        ));
        assert_eq!(chosen, ["clock", "store", "web", "engine"]);
        assert_eq!(rest, ["a_name"]);
    }

    #[test]
    fn without_packages_the_whole_workspace_is_meant() {
        assert_eq!(selection(&[]), ["--workspace"]);
        assert_eq!(selection(&words("clock")), ["--package=clock"]);
    }

    #[test]
    fn targets_are_found_by_package_and_kind() {
        let metadata = serde_json::json!({"packages": [
            {"name": "clock", "targets": [{"name": "clock", "kind": ["lib"]}]},
            {"name": "deskbridge", "targets": [
                {"name": "deskbridge", "kind": ["bin"]},
                {"name": "pull", "kind": ["bench"]}]}]});
        assert_eq!(targets_in(&metadata, "deskbridge", "bench"), ["pull"]);
        assert_eq!(targets_in(&metadata, "clock", "lib"), ["clock"]);
        assert!(targets_in(&metadata, "clock", "bench").is_empty());
    }
}
