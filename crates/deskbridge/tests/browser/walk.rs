//! Every page there is, reached by its links as a person reaches it, and looked at by axe-core.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use crate::driver::Browser;
use crate::{DRIVER, Demo, look};

/// Names the file of axe-core; `cargo xtask test` sets it.
const AXE: &str = "DESKBRIDGE_TEST_AXE";

/// How many pages of one kind are looked at.
const OF_A_KIND: usize = 2;

/// How many pages in all, so that a walk ends whatever pages lead to.
const MOST: usize = 150;

/// Pages that are no HTML, or that end what the walk needs.
const LEFT_OUT: [&str; 5] = [
    "/attachments/{id}",
    "/audit.csv",
    "/assets/{name}",
    "/checks/{id}/report",
    "/api/v1/openapi.json",
];

/// What axe-core says of a page: rule, how many places, and the first of them.
pub(crate) const LOOK: &str = "const done = arguments[arguments.length - 1]; \
     axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations.map((one) => \
     `${one.id}, ${one.nodes.length} places: ${one.nodes[0].html.slice(0, 200)}: ${one.nodes[0].failureSummary}`)), \
     (error) => done([String(error)]));";

/// The driver's path and axe-core's text, or none, said, where there is no browser to test in.
pub(crate) fn tools() -> Option<(String, String)> {
    let given = |name: &str| std::env::var(name).ok().filter(|path| !path.is_empty());
    let (Some(driver), Some(axe)) = (given(DRIVER), given(AXE)) else {
        println!("skipped: the browser needs {DRIVER} and {AXE} (cargo xtask test sets them)");
        return None;
    };
    Some((driver, std::fs::read_to_string(axe).unwrap()))
}

#[test]
fn every_page_that_links_lead_to_keeps_nobody_out() {
    let Some((driver, axe)) = tools() else {
        return;
    };
    let demo = Demo::start();
    let browser = Browser::start(&driver);
    demo.sign_in(&browser);

    let patterns = Patterns::of_routes();
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let mut seen = BTreeSet::from(["/".to_owned()]);
    let mut visited: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    while let Some(path) = waiting.pop_front() {
        let pattern = patterns.of(&path);
        let times = visited.entry(pattern.clone()).or_default();
        if LEFT_OUT.contains(&pattern.as_str()) || *times >= OF_A_KIND {
            continue;
        }
        *times += 1;
        browser.open(&format!("{}{path}", demo.address));
        let title = browser.title();
        let is_lost = title.starts_with("Not found") || title.starts_with("Something went wrong");
        if is_lost {
            wrong.push(format!("{path} leads to {title:?}"));
        }
        browser.evaluate(&format!("(() => {{ {axe}; return true; }})()"));
        for scheme in ["dark", "light"] {
            let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            browser.command("Emulation.setEmulatedMedia", &media);
            for finding in browser.evaluate_later(LOOK).as_array().unwrap() {
                let finding = finding.as_str().unwrap_or_default();
                wrong.push(format!("{path}, {scheme}: {finding}"));
            }
        }
        for complaint in browser.complaints() {
            wrong.push(format!("{path}: the console says {complaint}"));
        }
        if *times == 1 {
            look(&browser, &name(&pattern));
        }
        for link in links(&browser) {
            if seen.len() < MOST && seen.insert(link.clone()) {
                waiting.push_back(link);
            }
        }
    }
    println!("{} kinds of pages: {visited:?}", visited.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(visited.len() >= 8, "{visited:?}");
}

/// The addresses of our own pages that a page leads to, without what stands behind `#`.
fn links(browser: &Browser) -> Vec<String> {
    let found = browser.evaluate(
        "[...document.querySelectorAll('a[href]')].filter((a) => a.origin === location.origin) \
         .map((a) => a.pathname + a.search)",
    );
    let links = found.as_array().unwrap().iter();
    links.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The patterns of the routes that are pages.
struct Patterns(Vec<&'static str>);

impl Patterns {
    fn of_routes() -> Self {
        let routes = web::routes().into_iter();
        let pages = routes.filter(|route| route.method.as_str() == "GET");
        Self(pages.map(|route| route.path).collect())
    }

    /// The pattern of an address; the one with most words of its own if several fit.
    fn of(&self, path: &str) -> String {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |pattern: &&&'static str| {
            let (known, given) = (pattern.split('/'), path.split('/'));
            known.clone().count() == given.clone().count()
                && known
                    .zip(given)
                    .all(|(known, given)| known.starts_with('{') || known == given)
        };
        let own = |pattern: &&&'static str| pattern.matches('{').count();
        let found = self.0.iter().filter(fits).min_by_key(own);
        found.map_or_else(|| path.to_owned(), |pattern| (*pattern).to_owned())
    }
}

/// A pattern as a file's name: `/cases/{number}` becomes `cases-number`.
fn name(pattern: &str) -> String {
    let plain: String = pattern
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        "home".to_owned()
    } else {
        words.join("-")
    }
}
