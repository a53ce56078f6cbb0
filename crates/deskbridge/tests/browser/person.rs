//! Somebody at the pages: clicks links and buttons by the names they show, fills fields by their labels,
//! and looks at every new state of a page with axe-core, by day and by night.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::desk::{EMAIL, PASSWORD};
use crate::driver::{Browser, Element};
use crate::screenshots;
use crate::walk::{self, LOOK};

/// How often a page is loaded anew until it shows what is waited for; each time takes a page's load.
const RELOADS: usize = 400;

/// Tells one state of a page from another: its elements with their classes and roles, without the texts.
const STATE: &str = "location.pathname.replace(/[0-9a-z]{16,}|[0-9]+/g, '*') + \
     [...document.querySelectorAll('body *')].map((e) => `${e.tagName}.${e.className}.${e.getAttribute('role')}.${e.open}.${e.hidden}`).join()";

/// The address of a page as the name of a file, without the ids that differ from run to run.
const PAGE: &str = "location.pathname.replace(/[^/]*[0-9][^/]*/g, 'id').replace(/[^a-z]+/gi, '-').replace(/^-|-$/g, '') || 'home'";

/// A person with a browser.
pub(crate) struct Person {
    browser: Browser,
    site: String,
    axe: String,
    states: RefCell<BTreeSet<String>>,
    pages: RefCell<BTreeMap<String, usize>>,
    wrong: RefCell<Vec<String>>,
}

impl Person {
    /// Somebody with a fresh browser; none without a browser to test in.
    pub(crate) fn new(site: &str) -> Option<Self> {
        let (driver, axe) = walk::tools()?;
        Some(Self {
            browser: Browser::start(&driver),
            site: site.to_owned(),
            axe,
            states: RefCell::default(),
            pages: RefCell::default(),
            wrong: RefCell::default(),
        })
    }

    /// Signs in as the administrator.
    pub(crate) fn signs_in(&self) {
        self.opens("/login");
        self.types("Email", EMAIL);
        self.types("Password", PASSWORD);
        self.clicks("Sign in");
        self.sees("Home");
    }

    /// Opens a page of the site, or a link somebody gave them.
    pub(crate) fn opens(&self, place: &str) {
        let address = match place.starts_with('/') {
            true => format!("{}{place}", self.site),
            false => place.to_owned(),
        };
        self.browser.open(&address);
        self.looks();
    }

    /// Clicks the link, button or menu that shows this name.
    pub(crate) fn clicks(&self, name: &str) {
        self.press(&pressable(name));
    }

    /// The same within the row, card, form or entry that shows `part`.
    pub(crate) fn clicks_in(&self, part: &str, name: &str) {
        let part = literal(part);
        let scope = format!(
            "//*[self::tr or self::li or self::section or self::form or self::fieldset][contains(normalize-space(.), {part})]"
        );
        self.press(&format!("({scope})[last()]{}", pressable(name)));
    }

    fn press(&self, path: &str) {
        self.points(path);
        self.looks();
    }

    /// Clicks what stands at a path. Who clicks while a part of the page is renewed clicks the new one.
    fn points(&self, path: &str) {
        let clicked = (0..10).any(|_| self.browser.press(&self.browser.seek(path)));
        assert!(clicked, "{path} is never still");
    }

    /// Writes into the field of this label.
    pub(crate) fn types(&self, label: &str, text: &str) {
        let field = self.field(label, "[not(@type='radio') and not(@type='checkbox')]");
        self.browser.fill(&field, text, true);
    }

    /// Chooses a file for the field of this label.
    pub(crate) fn hands_over(&self, label: &str, file: &std::path::Path) {
        let field = self.field(label, "[@type='file']");
        self.browser.fill(&field, file.to_str().unwrap(), false);
    }

    /// Chooses what a list of this label offers.
    pub(crate) fn chooses(&self, label: &str, option: &str) {
        let option = literal(option);
        let path = format!(
            "{}//option[normalize-space(.)={option}]",
            labelled(label, "[self::select]")
        );
        self.points(&path);
    }

    /// Ticks the box, or the choice, of this label.
    pub(crate) fn ticks(&self, label: &str) {
        self.points(&labelled(label, "[@type='radio' or @type='checkbox']"));
    }

    fn field(&self, label: &str, kind: &str) -> Element {
        self.browser.seek(&labelled(label, kind))
    }

    /// Waits until the page shows this, and looks at it then.
    pub(crate) fn sees(&self, text: &str) {
        let wanted = literal(text);
        let has = format!("[contains(normalize-space(.), {wanted})]");
        let innermost = format!("//body//*{has}[not(*{has})][not(self::option)]");
        // A part that moves by itself may go between being found and being looked at.
        let shown = (0..10).any(|_| {
            let found = self.browser.seek(&innermost);
            self.browser.is_in_sight(&found)
        });
        assert!(shown, "{text:?} stands on the page and is out of sight");
        self.looks();
    }

    /// The page does not show this.
    pub(crate) fn misses(&self, text: &str) {
        assert!(
            !self.shows(text),
            "{text:?} is shown at {}",
            self.browser.address()
        );
    }

    /// Waits until a form was refused with this sentence. The browser notes the refusal's status in its
    /// console by itself, which is no fault of the page.
    pub(crate) fn is_refused(&self, sentence: &str) {
        self.sees(sentence);
        let said = self.browser.complaints();
        let refusal = |line: &String| {
            line.contains("responded with a status of 422") && line.contains(&self.site)
        };
        let others: Vec<&String> = said.iter().filter(|line| !refusal(line)).collect();
        assert!(others.is_empty(), "{others:?}");
        assert_eq!(said.len(), 1, "it was refused once: {said:?}");
    }

    /// Loads the page anew until it shows this.
    pub(crate) fn reloads_until(&self, text: &str) {
        // With a place in the page behind it, an address would only be scrolled to.
        let address = self.browser.address();
        let address = address.split('#').next().unwrap_or_default().to_owned();
        for _ in 0..RELOADS {
            if self.shows(text) {
                self.looks();
                return;
            }
            self.browser.open(&address);
        }
        panic!("{address} never showed {text:?}");
    }

    fn shows(&self, text: &str) -> bool {
        let text = json!(text);
        let script = format!("document.body.textContent.replace(/\\s+/g, ' ').includes({text})");
        self.browser.evaluate(&script) == true
    }

    /// The browser they sit at.
    pub(crate) fn browser(&self) -> &Browser {
        &self.browser
    }

    /// Where they are, without the site.
    pub(crate) fn place(&self) -> String {
        let address = self.browser.address();
        let path = address.strip_prefix(&self.site);
        path.unwrap_or(&address).to_owned()
    }

    /// Looks at the page with axe-core and keeps a picture of it, if its state is a new one.
    fn looks(&self) {
        let state = self.browser.evaluate(STATE);
        let state = state.as_str().unwrap_or_default().to_owned();
        if !self.states.borrow_mut().insert(state) {
            return;
        }
        let page = self.browser.evaluate(PAGE);
        let page = page.as_str().unwrap_or_default();
        let mut pages = self.pages.borrow_mut();
        let states = pages.entry(page.to_owned()).or_default();
        *states += 1;
        let file = format!("journey-{page}-{states}.png");
        self.browser.picture(&screenshots().join(file));
        let known = self.browser.evaluate("typeof axe !== 'undefined'") == true;
        if !known {
            let script = format!("(() => {{ {}; return true; }})()", self.axe);
            self.browser.evaluate(&script);
        }
        for scheme in ["dark", "light"] {
            let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            self.browser.command("Emulation.setEmulatedMedia", &media);
            for finding in self.browser.evaluate_later(LOOK).as_array().unwrap() {
                let place = self.place();
                let finding = finding.as_str().unwrap_or_default();
                let line = format!("{place}, {scheme}: {finding}");
                self.wrong.borrow_mut().push(line);
            }
        }
    }

    /// At the end: axe-core found nothing, and the console had nothing to complain of.
    pub(crate) fn leaves(self) {
        let wrong = self.wrong.borrow();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(self.browser.complaints(), Vec::<String>::new());
        let states = self.states.borrow().len();
        assert!(states > 1, "only {states} states of pages were looked at");
        println!("{states} states of pages were looked at");
    }
}

/// A text as XPath writes it.
fn literal(text: &str) -> String {
    assert!(!text.contains('"'), "XPath has no way to write {text}");
    format!("\"{text}\"")
}

/// What can be clicked and shows this name: its whole text, what it begins with before a part that only
/// screen readers read, or its label. What a closed menu holds is not shown.
fn pressable(name: &str) -> String {
    let name = literal(name);
    format!(
        "//*[self::summary or ((self::a[@href] or self::button) and not(ancestor::details[not(@open)]))]\
         [normalize-space(.)={name} or @aria-label={name} or normalize-space((.//text()[normalize-space()])[1])={name}]"
    )
}

/// The field of a label: named by it, within it, or labelled for screen readers only.
fn labelled(label: &str, kind: &str) -> String {
    let label = literal(label);
    let field =
        format!("[self::input or self::select or self::textarea][not(@type='hidden')]{kind}");
    let called = format!(
        "[normalize-space(.)={label} or normalize-space(text()[normalize-space()][1])={label}]"
    );
    format!(
        "//*[@id=//label{called}/@for or ancestor::label{called} or @aria-label={label}]{field}"
    )
}
